#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# figures.sh OSEXT KERNEL SEED...: the floors and orders of primitive_cost on one kernel, in
# instructions, at each seed; fast and slow paths counted. The profile whose TLBs have one level and
# the one whose TLBs have two, in turns: what is counted is the same for both. Of two seeds the
# second is run again, in a boot of its own: the same bytes.
set -euo pipefail

osext=$1
kernel=$2
seeds=("${@:3}")
case $kernel in
  6.12) ptrace_factor=20 ;;
  6.1) ptrace_factor=12 ;;
  *)
    echo "figures.sh knows no floors of kernel $kernel" >&2
    exit 2
    ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# median MECHANISM WORKLOAD PARAMS: instructions of one operation; fails without an ok row.
median() {
  awk -F, -v m="$1" -v w="$2" -v p="$3" '
    $2 == m && $3 == w && $4 == p && $5 == "instructions" && $16 == "ok" { print $12; found = 1 }
    END { exit !found }' "$summary" ||
    { echo "no ok row $1 $2 $3" >&2; exit 1; }
}

# walks PARAMS: page walks of an upcall with reload.
walks() {
  awk -F, -v p="$1" '
    $2 == "uls" && $3 == "upcall_tlb" && $4 == p && $5 == "page_walks" && $16 == "ok" { print $12; found = 1 }
    END { exit !found }' "$summary" ||
    { echo "no ok row uls upcall_tlb $1" >&2; exit 1; }
}

# check WHAT A RELATION B: prints and compares two numbers.
failures=0
check() {
  if awk -v a="$2" -v b="$4" "BEGIN { exit !(a $3 b) }"; then
    echo "ok      $1: $2 $3 $4"
  else
    echo "FAILED  $1: $2 $3 $4"
    failures=$((failures + 1))
  fi
}

# fact WORKLOAD PARAMS NAME: a counter of a hijack cell; PARAMS exactly as samples.jsonl has them.
fact() {
  grep -F "\"mechanism\":\"hijack\",\"workload\":\"$1\",\"params\":{$2}" "$samples" |
    grep -oE "\"$3\":[0-9]+" | sed -n 1p | grep -oE '[0-9]+$' ||
    { echo "no counter $3 of hijack $1 $2" >&2; exit 1; }
}

# run SEED PROFILE FOLDER OPTION...: into a folder in $work; neither failed nor empty.
run() {
  timeout 600 "$osext" run --quick --only primitive_cost \
    --kernel "$kernel" --profile "$2" --seed "$1" --out "$work/$3" "${@:4}" >"$work/$3.txt"
  # Two equal failures must not pass for a success.
  grep -q '"status":"ok"' "$work/$3/samples.jsonl"
  if grep -qE '"status":"(failed|timeout|crashed|unstable)"' "$work/$3/samples.jsonl"; then
    echo "run $3 is not clean:" >&2
    grep -E '"status":"(failed|timeout|crashed|unstable)"' "$work/$3/samples.jsonl" | cut -c1-300 >&2
    exit 1
  fi
}

profile=zen3
for seed in "${seeds[@]}"; do
  if [[ $profile == zen3 ]]; then profile=pentium4; else profile=zen3; fi
  echo "kernel $kernel, seed $seed, profile $profile"
  run "$seed" $profile "$seed"
  summary=$work/$seed/tables/summary.csv
  samples=$work/$seed/samples.jsonl

  native=$(median linux null_syscall sampling=batch)
  absent=$(median hijack null_syscall 'module=absent;sampling=batch')
  loaded=$(median hijack null_syscall 'module=loaded;sampling=batch')
  rpc=$(median hijack rpc 'sampling=batch;save=full')
  rpc_minimal=$(median hijack rpc 'sampling=batch;save=minimal')
  rpc_entry=$(median hijack rpc 'engine=entry;sampling=batch;save=full')
  absent_isolated=$(median hijack null_syscall 'module=absent;pti=on;sampling=batch')
  loaded_isolated=$(median hijack null_syscall 'module=loaded;pti=on;sampling=batch')
  rpc_isolated=$(median hijack rpc 'engine=entry;pti=on;sampling=batch;save=full')
  interpose=$(median hijack interpose 'sampling=batch;save=full')
  pipes=$(median linux rpc_peer bytes=1)
  ptrace=$(median ptrace interpose variant=getregs)
  trap=$(median hijack trap save=full)
  fault=$(median linux fault '')
  fault_touch=$(median hijack fault address=executive)
  fault_hook=$(median hijack fault delivery=hook)
  fault_handler=$(median hijack fault delivery=handler)
  timer_hook=$(median hijack upcall_timer delivery=hook)
  timer_handler=$(median hijack upcall_timer delivery=handler)
  sandbox=$(median uls rpc 'mode=present;sampling=batch')
  thread=$(median uls rpc_peer 'bytes=4;through=sandbox')
  thread_pipes=$(median uls rpc_peer 'bytes=4;through=pipe')

  check "rpc, all registers saved" "$rpc" '<=' 170
  check "rpc, minimal" "$rpc_minimal" '<=' 80
  check "interposed getppid, times native x 1.6" "$interpose" '<=' "$(awk "BEGIN { print 1.6 * $native }")"
  check "what other tasks pay for the module" "$(awk "BEGIN { print $loaded - $absent }")" '<=' 8
  # A clock interrupt may fall into a batch, so "the same" is within 1 %.
  check "null_syscall is the same in each unit" "$(awk "BEGIN { d = $absent / $native - 1; print d < 0 ? -d : d }")" '<=' 0.01
  check "ptrace is $ptrace_factor times as dear" "$ptrace" '>=' "$(awk "BEGIN { print $ptrace_factor * $interpose }")"
  # Asserted orders hold by 20 %.
  check "trap < rpc" "$(awk "BEGIN { print 1.2 * $trap }")" '<' "$rpc"
  check "null_syscall < interposition" "$(awk "BEGIN { print 1.2 * $native }")" '<' "$interpose"
  check "interposition < pipe RPC" "$(awk "BEGIN { print 1.2 * $interpose }")" '<' "$pipes"
  check "rpc into the sandbox" "$sandbox" '<=' 1350
  check "rpc into the sandbox < that to a thread there" "$(awk "BEGIN { print 1.2 * $sandbox }")" '<' "$thread"
  # Two switches of processes are in both.
  check "words in the sandbox < pipes into it" "$thread" '<' "$thread_pipes"
  check "pipe RPC < ptrace" "$(awk "BEGIN { print 1.2 * $pipes }")" '<' "$ptrace"
  check "a touch of the executive" "$fault_touch" '<=' 150
  check "ten touches < one native fault" "$(awk "BEGIN { print 10 * $fault_touch }")" '<' "$fault"
  check "a fault, by hook" "$fault_hook" '<=' 2750
  check "a fault: by hook < by handler" "$(awk "BEGIN { print 1.2 * $fault_hook }")" '<' "$fault_handler"
  check "a timer's upcall, by hook" "$timer_hook" '<=' 2250
  check "a timer: by hook < by handler" "$(awk "BEGIN { print 1.2 * $timer_hook }")" '<' "$timer_handler"
  check "rpc through the kernel's entry" "$rpc_entry" '<=' 1250
  check "the same with page-table isolation" "$rpc_isolated" '<=' 1250
  # The engine that is there puts nothing in the way of other tasks; a clock interrupt may fall into a batch.
  check "what they pay for the module with isolation" \
    "$(awk "BEGIN { print $loaded_isolated - $absent_isolated }")" '<=' 2
  # The figures are the fast path's: every call took it, but for what a signal or
  # the scheduler may have diverted.  With engine=entry every call took the other.
  check "rpc by the fast path" "$(fact rpc '"save":"full"' fast_traps)" '>=' 1000
  check "rpc back by the fast path" "$(fact rpc '"save":"full"' fast_resumes)" '>=' 1000
  entry='"engine":"entry","save":"full"'
  check "engine=entry: in by the slow path" "$(fact rpc "$entry" slow_traps)" '>=' 1000
  check "engine=entry: back by the slow path" "$(fact rpc "$entry" slow_resumes)" '>=' 1000
  check "engine=entry: nothing in by the fast path" "$(fact rpc "$entry" fast_traps)" '==' 0
  check "engine=entry: nothing back by the fast path" "$(fact rpc "$entry" fast_resumes)" '==' 0
  isolated='"engine":"entry","pti":"on","save":"full"'
  check "pti=on: in by the slow path" "$(fact rpc "$isolated" slow_traps)" '>=' 1000
  check "pti=on: nothing in by the fast path" "$(fact rpc "$isolated" fast_traps)" '==' 0

  # A service manager's way to applications, from the cheapest; orders hold by 20 %.
  dispatch=$(median linux signal_other 'role=manager;signal=stop')
  switch=$(median linux context_switch role=manager)
  reading=$(median linux read_proc_stat '')
  round=$(median linux monitor_handler 'signals=none;tasks=3')
  check "signal dispatch < context switch" "$(awk "BEGIN { print 1.2 * $dispatch }")" '<' "$switch"
  check "context switch < reading /proc" "$(awk "BEGIN { print 1.2 * $switch }")" '<' "$reading"
  check "a round of three reads it three times" "$round" '>' "$((3 * reading))"
  check "and does little else" "$(awk "BEGIN { print 0.85 * $round }")" '<' "$((3 * reading))"
  # The same work by extensions in the kernel.
  check "in the kernel it is 30 times as cheap" "$round" '>=' \
    "$((30 * $(median safex monitor_handler 'budget=tick;tasks=3')))"

  # System calls as events: the watched process pays, and nobody else.
  call=$(median linux null_syscall '')
  check "a call beside a watched process" "$(median safex null_syscall 'module=loaded;watched=another')" '==' "$call"
  check "a watched call" "$(median safex interpose budget=tick)" '>=' "$((call + 200))"
  check "and by ptrace" "$(median ptrace interpose variant=getregs)" '>=' "$((20 * $(median safex interpose budget=tick)))"

  # ULS: both ways to close the sandbox, both ways in.
  self=$(median linux signal_self '')
  other=$(median linux signal_other '')
  for mode in present us; do
    upcall=$(median uls upcall "mode=$mode")
    check "upcall, mode=$mode" "$upcall" '<=' 330
    check "upcall from a timer, mode=$mode" "$(median uls upcall_timer "mode=$mode")" '<=' 800
    check "upcall and return, mode=$mode" "$(median uls upcall_return "mode=$mode")" '<=' 1350
    check "a signal to oneself is 9 upcalls" "$self" '>=' "$((9 * upcall))"
    check "a signal to another process is 18 upcalls" "$other" '>=' "$((18 * upcall))"
  done
  check "upcall by IRET" "$(median uls upcall 'by=iret;mode=present')" '<=' 330
  check "upcall and return by IRET" "$(median uls upcall_return 'by=iret;mode=present')" '<=' 1350
  # The flush is what the reload costs: 96 pages, of which few are lost without it.
  flushed=$(walks "flush=cr3;mode=us;profile=$profile")
  kept=$(walks "flush=invlpg;mode=us;profile=$profile")
  check "TLB misses of an upcall with flush and reload" "$flushed" '>=' 96
  check "the same without the flush" "$kept" '<=' 20
done

# instructions SEED: its samples that no profile can change.
instructions() { grep '"metric":"instructions"' "$work/$1/samples.jsonl" | grep -v '"profile":' | sort; }

# The seed draws the order of the rows and where stack and data lie: two seeds are two measurements.
for seed in "${seeds[@]:1}"; do
  differ=$(comm -3 <(instructions "${seeds[0]}") <(instructions "$seed") | wc -l)
  check "seed $seed: lines that differ from those of seed ${seeds[0]}" "$differ" '>' 0
done

if ((${#seeds[@]} > 1)); then
  run "$seed" $profile again --fresh --snapshots "$work/snapshots"
  nonces() { grep -o '"nonce": "[0-9a-f]*"' "$work/$1/run.json" | sort -u; }
  # One boot of each kernel command line.
  check "boots" "$(nonces "$seed" | wc -l)" '>=' 2
  check "boots of the second run" "$(nonces again | wc -l)" '==' "$(nonces "$seed" | wc -l)"
  check "boots that both runs used" "$(comm -12 <(nonces "$seed") <(nonces again) | wc -l)" '==' 0
  cmp "$work/$seed/samples.jsonl" "$work/again/samples.jsonl"
  cmp "$work/$seed/tables/summary.csv" "$work/again/tables/summary.csv"
  echo "two boots of each command line, $(wc -l <"$work/again/samples.jsonl") equal samples"
fi

((failures == 0))
