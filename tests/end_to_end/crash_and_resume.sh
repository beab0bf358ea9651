#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# crash_and_resume.sh OSEXT: bad options change nothing; an interrupted run resumes
# and leaves no machine behind; a machine that dies is recorded and fails the run;
# a completed run starts over; the report is rebuilt from the samples.
set -euo pipefail

osext=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Three units: two at work at a time, and one that waits.
run=("$osext" run --quick --only primitive_cost --mechanism "linux,ptrace,uls" --profile pentium4
  --out "$work/run")

die() {
  echo "$*" >&2
  exit 1
}

expect_refusal() { # expect_refusal TEXT COMMAND...
  local text=$1
  shift
  if "$@" >"$work/refusal" 2>&1; then die "accepted: $*"; fi
  grep -qF -- "$text" "$work/refusal" || die "wrong refusal of: $*: $(cat "$work/refusal")"
}

# in_background COMMAND...: in a process group of its own, so that SIGINT reaches it.
in_background() {
  set -m
  "$@" >"$work/background" 2>&1 &
  pid=$!
  set +m
}

# machines PID: the virtual machines that the process started.
machines() { pgrep -P "$1" -f qemu-system || true; }

wait_for() { # wait_for COMMAND...: until it succeeds, two minutes at most
  for ((i = 0; i < 1200; i++)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
  die "waited in vain for: $*"
}

# A foreign folder stays as it is.
mkdir -p "$work/mine/plots"
echo precious >"$work/mine/plots/letter"
expect_refusal "which no run wrote" "$osext" run --quick --mechanism linux --out "$work/mine"
[[ $(cat "$work/mine/plots/letter") == precious ]]
expect_refusal "there is no experiment" "$osext" run --only nonsense --out "$work/run"
expect_refusal "there is no mechanism" "$osext" run --mechanism nonsense --out "$work/run"
expect_refusal "there is no mechanism" "$osext" run --list --mechanism nonsense
expect_refusal "no CPU profile" "$osext" run --profile nonsense --out "$work/run"
[[ ! -e $work/run ]]

# Interrupt after the first unit.
in_background "${run[@]}"
wait_for compgen -G "$work/run/units/*.jsonl"
left=$(machines $pid)
kill -INT $pid
if wait $pid; then die "the run was too fast to interrupt"; fi
for machine in $left; do
  wait_for test ! -e "/proc/$machine"
done
[[ ! -e $work/run/samples.jsonl ]]

"${run[@]}" >"$work/second" 2>&1
grep -q '^resuming: ' "$work/second"
[[ -s $work/run/samples.jsonl && ! -e $work/run/units ]]
cp "$work/run/samples.jsonl" "$work/resumed.jsonl"

# A completed run starts over, and gives the same.
"${run[@]}" >"$work/third" 2>&1
if grep -q '^resuming: ' "$work/third"; then die "a completed run was resumed"; fi
cmp "$work/resumed.jsonl" "$work/run/samples.jsonl"

# Everything derived is rebuilt from the samples alone.
cp -r "$work/run" "$work/copy"
rm -rf "$work/copy/tables" "$work/copy/plots" "$work/copy/report.html"
"$osext" report "$work/copy" >/dev/null
diff -r "$work/run" "$work/copy"

# A machine that dies under its unit: the unit's cells say so, the other units are
# measured, the run fails.
in_background "${run[@]}"
wait_for pgrep -P $pid -f qemu-system
kill -KILL "$(machines $pid | sed -n 1p)"
if wait $pid; then die "a run with a dead machine succeeded"; fi
grep -q '"status":"crashed"' "$work/run/samples.jsonl"
grep -q '"status":"ok"' "$work/run/samples.jsonl"
grep -q ',crashed,' "$work/run/tables/summary.csv"
echo "refused, resumed, repeated, rebuilt, and a crash recorded"
