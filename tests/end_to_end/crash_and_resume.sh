#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# crash_and_resume.sh OSEXT: interrupted runs resume, completed ones do not, bad
# options change nothing.
set -euo pipefail

osext=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run=("$osext" run --quick --only primitive_cost --profile pentium4 --out "$work/run")

expect_refusal() { # expect_refusal TEXT COMMAND...
  local text=$1
  shift
  if "$@" >"$work/refusal" 2>&1; then
    echo "accepted: $*" >&2
    exit 1
  fi
  grep -qF -- "$text" "$work/refusal" || {
    echo "wrong refusal of: $*" >&2
    cat "$work/refusal" >&2
    exit 1
  }
}

# A foreign folder stays as it is.
mkdir "$work/mine"
echo precious >"$work/mine/letter"
expect_refusal "which no run wrote" "$osext" run --quick --mechanism linux --out "$work/mine"
[[ $(cat "$work/mine/letter") == precious ]]
expect_refusal "there is no experiment" "$osext" run --only nonsense --out "$work/run"
expect_refusal "there is no mechanism" "$osext" run --mechanism nonsense --out "$work/run"
expect_refusal "no CPU profile" "$osext" run --profile nonsense --out "$work/run"
[[ ! -e $work/run ]]

# Interrupt after the first unit.
"${run[@]}" >"$work/first" 2>&1 &
pid=$!
for ((i = 0; i < 1200; i++)); do
  compgen -G "$work/run/units/*.jsonl" >/dev/null && break
  kill -0 $pid 2>/dev/null || break
  sleep 0.1
done
kill -INT $pid 2>/dev/null || true
wait $pid && { echo "the run was too fast to interrupt" >&2; exit 1; }
[[ ! -e $work/run/samples.jsonl ]]

"${run[@]}" >"$work/second" 2>&1
grep -q '^resuming: ' "$work/second"
[[ -s $work/run/samples.jsonl && ! -e $work/run/units ]]
cp "$work/run/samples.jsonl" "$work/resumed.jsonl"

# A completed run starts over, and gives the same.
"${run[@]}" >"$work/third" 2>&1
if grep -q '^resuming: ' "$work/third"; then
  echo "a completed run was resumed" >&2
  exit 1
fi
cmp "$work/resumed.jsonl" "$work/run/samples.jsonl"

# Everything derived is rebuilt from the samples alone.
cp -r "$work/run" "$work/copy"
rm -rf "$work/copy/tables" "$work/copy/plots" "$work/copy/report.html"
"$osext" report "$work/copy" >/dev/null
diff -r "$work/run" "$work/copy"
echo "resumed, repeated and rebuilt"
