#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timers.sh OSEXT: the experiments whose rows are times. Two boots of each kernel command line, two
# runs, the same bytes; and the figures lie as the policies say they must. The second run leaves out
# Linux, ULS and SafeX, most of whose rows take long; those that do not are in a third one.
set -euo pipefail

osext=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mechanisms=linux,ptrace,hijack,uls,safex
boots=()
for run in a b; do
  timeout 1200 "$osext" run --quick --only event_interarrival,nanosleep_jitter,syscall_tracing \
    --mechanism "$mechanisms" --out "$work/$run" "${boots[@]}" >"$work/$run.txt"
  # Two equal failures must not pass for a success.
  grep -q '"status":"ok"' "$work/$run/samples.jsonl"
  if grep -qE '"status":"(failed|timeout|crashed|unstable)"' "$work/$run/samples.jsonl"; then
    echo "run $run is not clean" >&2
    exit 1
  fi
  # One boot of the usual command line, one with highres=off.
  grep -o '"nonce": "[0-9a-f]*"' "$work/$run/run.json" | sort >"$work/$run.nonces"
  [[ $(sort -u "$work/$run.nonces" | wc -l) -eq 2 ]]
  grep -q '"highres=off": ".* highres=off"' "$work/$run/run.json"
  mechanisms=ptrace,hijack
  boots=(--fresh --snapshots "$work/snapshots")
done

if [[ -n $(comm -12 "$work/a.nonces" "$work/b.nonces") ]]; then
  echo "both runs used one boot: nothing is proved" >&2
  exit 1
fi
cmp <(grep -vE '"mechanism":"(linux|uls|safex)"' "$work/a/samples.jsonl") "$work/b/samples.jsonl"

timeout 300 "$osext" run --quick --only syscall_tracing --mechanism linux,uls,safex \
  --snapshots "$work/snapshots" --out "$work/c" >"$work/c.txt"
grep -q '"status":"ok"' "$work/c/samples.jsonl"
grep -o '"nonce": "[0-9a-f]*"' "$work/c/run.json" | sort >"$work/c.nonces"
if [[ -n $(comm -12 "$work/a.nonces" "$work/c.nonces") ]]; then
  echo "the first run and the third used one boot: nothing is proved" >&2
  exit 1
fi
cmp <(grep -E '"experiment":"syscall_tracing","mechanism":"(linux|uls|safex)"' "$work/a/samples.jsonl") \
  "$work/c/samples.jsonl"

# column NUMBER MECHANISM PARAMS METRIC: of an ok row.
column() {
  awk -F, -v n="$1" -v m="$2" -v p="$3" -v k="$4" '
    $2 == m && $4 == p && $5 == k && $7 == "exact" && $16 == "ok" { print $n; found = 1 }
    END { exit !found }' "$work/a/tables/summary.csv" ||
    { echo "no ok row $2 $3 $4" >&2; exit 1; }
}
mean() { column 13 "$@"; }
longest() { column 15 "$@"; }

failures=0
check() { # check WHAT A RELATION B
  if awk "BEGIN { exit !($2 $3 $4) }"; then
    echo "ok      $1: $2 $3 $4"
  else
    echo "FAILED  $1: $2 $3 $4"
    failures=$((failures + 1))
  fi
}

interval() { mean linux "background=$1;policy=$2;receiver=$3" interarrival_ns; }
for receiver in sleeping spinning; do
  for policy in SCHED_OTHER SCHED_RR; do
    alone=$(interval 0 $policy $receiver)
    check "$policy, $receiver, alone: 10 ms" "$alone" '>' 9900000
    check "$policy, $receiver, alone: 10 ms" "$alone" '<' 10100000
  done
  before=$(interval 0 SCHED_RR $receiver)
  for tasks in 1 2 3 4; do
    now=$(interval $tasks SCHED_RR $receiver)
    check "SCHED_RR, $receiver: longer with $tasks tasks" "$now" '>' "1.1 * $before"
    before=$now
  done
done

jitter() { mean linux "$1" jitter_ns; }
fine=$(jitter 'background=0;policy=SCHED_OTHER')
coarse=$(jitter 'background=0;highres=off;policy=SCHED_OTHER')
check "without high-resolution timers sleeping is coarse" "$coarse" '>' "10 * $fine"
check "but no coarser than two clock ticks" "$coarse" '<' 8000000
idle=$(mean linux 'background=0;policy=SCHED_OTHER' background_loops_per_ms)
busy=$(mean linux 'background=1;policy=SCHED_OTHER' background_loops_per_ms)
check "no background task, no throughput" "$idle" '==' 0
check "one background task has nearly the whole CPU" "$busy" '>' 150000

# An extension in whatever task runs takes each event at once; in one task among five it waits.
for tasks in 0 1 2 3 4; do
  all=$(mean uls "background=$tasks;hosts=all" interarrival_ns)
  check "ULS, all tasks are hosts, $tasks beside: 10 ms" "$all" '>' 9900000
  check "ULS, all tasks are hosts, $tasks beside: 10 ms" "$all" '<' 10100000
done
# (For one interval at least: the mean hangs on the kernel's slices and the timer's phase.)
check "ULS, one host among five tasks" "$(longest uls 'background=4;hosts=one' interarrival_ns)" '>' 15000000

# So does one in the kernel's bottom half; a process that it wakes has to wait for the CPU.
for tasks in 0 4; do
  kernel=$(mean safex "background=$tasks" interarrival_ns)
  check "SafeX, $tasks beside: 10 ms" "$kernel" '>' 9900000
  check "SafeX, $tasks beside: 10 ms" "$kernel" '<' 10100000
  check "SafeX, $tasks beside: a sleep ends in the extension" \
    "$(mean safex "background=$tasks;until=extension" jitter_ns)" '<' 20000
done
check "SafeX, 4 beside: the process waits for its turn" \
  "$(mean safex 'background=4;until=process' jitter_ns)" '>' "$(mean safex 'background=4;until=extension' jitter_ns)"

# Tracers, from the cheapest; orders hold by 20 %.
untraced=$(mean linux '' time_ns)
upcalls=$(mean uls tracer=upcall time_ns)
stops=$(mean ptrace '' time_ns)
check "a call costs more with an upcall" "$upcalls" '>' "1.2 * $untraced"
check "a call costs less with an upcall than with ptrace" "$stops" '>' "1.2 * $upcalls"
# The switches to a thread and back are in its time.
thread=$(mean uls tracer=thread time_ns)
check "a call costs more with a thread than with an upcall" "$thread" '>' "1.2 * $upcalls"
kernel=$(mean safex '' time_ns)
check "a call costs more with SafeX" "$kernel" '>' "1.2 * $untraced"
check "a call costs less with SafeX than with ptrace" "$stops" '>' "1.2 * $kernel"
for program in gzip sh tcc; do
  check "$program is slower with ptrace than with upcalls" \
    "$(mean ptrace "program=$program" time_ns)" '>' "$(mean uls "program=$program;tracer=upcall" time_ns)"
done

# A program of few calls has little to pay for, and waits for nothing.
check "gzip under Hijack's tracing" "$(mean hijack 'policy=trace;program=gzip' time_ns)" '<' \
  "1.1 * $(mean linux program=gzip time_ns)"

# What the paper claims of Hijack itself, and can be tested on today's kernels.
for claim in 29 31a 31b 31c 31d 32a 32c 33a 33b 34a 34c 35a 35b 64b 65; do
  if grep -qE "^,$claim,.*,holds," "$work/a/tables/claims.csv"; then
    echo "ok      claim $claim holds"
  else
    echo "FAILED  claim $claim: $(grep -E "^,$claim," "$work/a/tables/claims.csv")"
    failures=$((failures + 1))
  fi
done
# The executive ran the guests, and switched between them.
for background in 1 4; do
  grep -qE "\"background\":\"$background\".*\"guests\":$((background + 1)).*\"upcalls\":[1-9]" \
    <(grep '"mechanism":"hijack","workload":"nanosleep"' "$work/a/samples.jsonl") ||
    { echo "FAILED  no sign of $background guests beside the sleeper"; failures=$((failures + 1)); }
done

((failures == 0))
