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
  timeout 600 "$osext" run --quick --only cpu_service,extension_abort --mechanism linux,uls \
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
      check "$pid, ULS, $task: points off in bursts" \
        "$(mean "actuator=priority;pid=$pid;task=$task;when=bursts" abs_error_points uls)" '<=' 2
      check "$pid, $task: error, raised < stopped" \
        "1.2 * $(mean "$raise;task=$task" abs_error_points)" '<' \
        "$(mean "$stop;task=$task" abs_error_points)"
    done
    check "$pid: managing takes some time" "$(mean "$raise" overhead_percent)" '>' 0
    check "$pid: and not much" "$(mean "$raise" overhead_percent)" '<' 3
  done
  check "nobody manages: the highest task takes what it can" \
    "$(mean "manager=none;task=P3" utilization_percent)" '>' 40
  # A runaway is past its budget by less than the shortest budget, and never under it.
  for budget in 50 1000 10000; do
    overrun=$(awk -F, -v p="budget_us=$budget" '
      $2 == "uls" && $4 == p && $5 == "overrun_ns" && $16 == "ok" { print $11, $15; found = 1 }
      END { exit !found }' "$summary")
    check "budget of $budget us: not ended before" "${overrun% *}" '>=' -1000
    check "budget of $budget us: ended soon after" "${overrun#* }" '<' 50000
  done
done

if cmp -s "$work/${seeds[0]}/samples.jsonl" "$work/${seeds[1]}/samples.jsonl"; then
  echo "FAILED  the seed changes no sample"
  failures=$((failures + 1))
fi
[[ $failures -eq 0 ]]
