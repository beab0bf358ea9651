#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# cpu_service.sh OSEXT SEED...: what managers can do for the slides' tasks, at each seed: one that
# only stops them gives them nothing in a burst, one that raises them holds their shares.
set -euo pipefail

osext=$1
seeds=("${@:2}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

failures=0
check() { # check WHAT A RELATION B
  if awk "BEGIN { exit !($2 $3 $4) }"; then
    echo "ok      $1: $2 $3 $4"
  else
    echo "FAILED  $1: $2 $3 $4"
    failures=$((failures + 1))
  fi
}

# mean PARAMS METRIC [MECHANISM]: of an ok row, of plain Linux unless said.
mean() {
  awk -F, -v p="$1" -v k="$2" -v m="${3:-linux}" '
    $2 == m && $4 == p && $5 == k && $16 == "ok" { print $13; found = 1 }
    END { exit !found }' "$summary" ||
    { echo "no ok row $1 $2" >&2; exit 1; }
}

for seed in "${seeds[@]}"; do
  echo "seed $seed"
  timeout 600 "$osext" run --quick --only cpu_service,extension_abort --mechanism linux,hijack,uls,safex \
    --seed "$seed" --out "$work/$seed" >/dev/null
  summary=$work/$seed/tables/summary.csv
  for pid in printed textbook; do
    stop="actuator=sigstop;manager=process;pid=$pid"
    raise="actuator=priority;manager=process;pid=$pid"
    for task in P1 P2 P3; do
      check "$pid, stopped, $task: nothing in bursts" \
        "$(mean "$stop;task=$task;when=bursts" utilization_percent)" '<' 1
      check "$pid, raised, $task: points off in bursts" \
        "$(mean "$raise;task=$task;when=bursts" abs_error_points)" '<=' 2
      for mechanism in uls safex; do
        check "$pid, $mechanism, $task: points off in bursts" \
          "$(mean "actuator=priority;pid=$pid;task=$task;when=bursts" abs_error_points $mechanism)" '<=' 2
      done
      check "$pid, $task: error, raised < stopped" \
        "1.2 * $(mean "$raise;task=$task" abs_error_points)" '<' \
        "$(mean "$stop;task=$task" abs_error_points)"
    done
    check "$pid: managing takes some time" "$(mean "$raise" overhead_percent)" '>' 0
    check "$pid: and not much" "$(mean "$raise" overhead_percent)" '<' 3
    check "$pid: in the kernel it takes less" \
      "1.2 * $(mean "actuator=priority;pid=$pid" overhead_percent safex)" '<' "$(mean "$raise" overhead_percent)"
  done
  # Hijack's executive runs the tasks itself and says what they had; the kernel, what it left.
  for task in P1 P2 P3; do
    check "hijack, $task: points off in bursts" \
      "$(mean "policy=reserve;task=$task;when=bursts" abs_error_points hijack)" '<=' 2
    check "hijack, $task: points off" "$(mean "policy=reserve;task=$task" abs_error_points hijack)" '<=' 2
  done
  most=$(awk -F, '$2 == "hijack" && $4 == "policy=reserve;task=hog" && $5 == "utilization_percent" { print $15 }' "$summary")
  check "hijack: what the tasks leave the hog, at the most" "$most" '<=' 42
  check "hijack: and it is not taken from the hog" "$most" '>=' 38
  check "hijack: managing takes some time" "$(mean policy=reserve overhead_percent hijack)" '>' 0
  check "hijack: less than a process" \
    "1.2 * $(mean policy=reserve overhead_percent hijack)" '<' \
    "$(mean 'actuator=priority;manager=process;pid=printed' overhead_percent)"
  check "nobody manages: the highest task takes what it can" \
    "$(mean "manager=none;task=P3" utilization_percent)" '>' 40
  # A runaway is past its budget by less than the shortest budget, and never under it; where a tick
  # of 4 ms counts, by two of them.
  runaway() { # runaway MECHANISM PARAMS MOST_NS
    local overrun
    overrun=$(awk -F, -v m="$1" -v p="$2" '
      $2 == m && $4 == p && $5 == "overrun_ns" && $16 == "ok" { print $11, $15; found = 1 }
      END { exit !found }' "$summary")
    check "$1, $2: not ended before" "${overrun% *}" '>=' -1000
    check "$1, $2: ended soon after" "${overrun#* }" '<' "$3"
  }
  for budget in 50 1000 10000; do
    runaway uls "budget_us=$budget" 50000
    runaway safex "budget=hrtimer;budget_us=$budget" 50000
    runaway safex "budget=tick;budget_us=$budget" 8100000
  done
done

if cmp -s "$work/${seeds[0]}/samples.jsonl" "$work/${seeds[1]}/samples.jsonl"; then
  echo "FAILED  the seed changes no sample"
  failures=$((failures + 1))
fi
[[ $failures -eq 0 ]]
