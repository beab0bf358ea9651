#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs every cell that needs no kernel module on this computer, and bad command lines.
set -euo pipefail
runner=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for mechanism in linux ptrace; do
  "$runner" --machine native --mechanism "$mechanism" --operations 200 --warmup 10 \
    --records "$folder/records" >"$folder/out"
  cells=$("$runner" --mechanism "$mechanism" --list | wc -l)
  [ "$(grep -c ': ok, ' "$folder/out")" = "$cells" ] || { cat "$folder/out"; exit 1; }
  [ -s "$folder/records" ]
done
"$runner" --machine native --experiment nanosleep_jitter --records "$folder/records" >"$folder/out"
[ "$(grep -c ': ok, ' "$folder/out")" = 5 ] || { cat "$folder/out"; exit 1; }
[ "$(grep -c ': skipped: ' "$folder/out")" = 5 ] || { cat "$folder/out"; exit 1; }
"$runner" --machine native --mechanism hijack --records "$folder/records" >"$folder/out"
[ "$(grep -vc ': skipped: ' "$folder/out")" = 0 ]

refuses() {
  if "$@" >"$folder/out" 2>&1; then echo "accepted: $*"; exit 1; fi
  [ -s "$folder/out" ] || { echo "says nothing: $*"; exit 1; }
}
refuses "$runner" --mechanism nothing --records "$folder/new"
refuses "$runner" --experiment nothing --records "$folder/new"
refuses "$runner" --machine moon --records "$folder/new"
refuses "$runner" --mechanism linux
refuses "$runner" --mechanism linux --operations 0 --records "$folder/new"
[ ! -e "$folder/new" ]
