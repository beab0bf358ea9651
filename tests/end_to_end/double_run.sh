#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# double_run.sh OSEXT: two boots, two runs, the same bytes. With the profile whose TLBs have two
# levels: what the other models is a part of it, and what is counted is the same for both.
set -euo pipefail

osext=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for run in a b; do
  timeout 600 "$osext" run --quick --only primitive_cost --profile zen3 --fresh \
    --snapshots "$work/$run-snapshots" --out "$work/$run" >"$work/$run.txt"
  # Two equal failures must not pass for a success.
  grep -q '"status":"ok"' "$work/$run/samples.jsonl"
  if grep -qE '"status":"(failed|timeout|crashed|unstable)"' "$work/$run/samples.jsonl"; then
    echo "run $run is not clean:" >&2
    grep -E "\"status\":\"(failed|timeout|crashed|unstable)\"" "$work/$run/samples.jsonl" | cut -c1-300 >&2
    exit 1
  fi
  # One boot of each kernel command line.
  grep -o '"nonce": "[0-9a-f]*"' "$work/$run/run.json" >"$work/$run.nonces"
done

if grep -qFxf "$work/a.nonces" "$work/b.nonces"; then
  echo "both runs used one boot: nothing is proved" >&2
  exit 1
fi
cmp "$work/a/samples.jsonl" "$work/b/samples.jsonl"
cmp "$work/a/tables/summary.csv" "$work/b/tables/summary.csv"
echo "two boots ($(cat "$work"/?.nonces | tr '\n' ' ')), $(wc -l <"$work/a/samples.jsonl") equal samples"
