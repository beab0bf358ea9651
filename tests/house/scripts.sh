#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every script parses, and shellcheck has nothing to say where it is installed. No pipe ends in a grep
# that stops early: who writes into it may die of that, which pipefail takes for a failure, by chance.
set -euo pipefail
cd "${1:-.}"
scripts=$(find . \( -name .git -o -path ./build -o -path ./results \) -prune -o -type f -print |
  xargs grep -lE '^#!/bin/(ba)?sh|^# shellcheck shell=bash' | LC_ALL=C sort)
[[ $(wc -l <<<"$scripts") -gt 10 ]] || { echo "hardly a script was found in $PWD"; exit 1; }
status=0
for script in $scripts; do
  bash -n "$script" || status=1
done
# shellcheck disable=SC2086
if grep -nE '\|[[:space:]]*grep +-[a-zA-Z]*[qm]' $scripts; then
  echo "a grep at the end of a pipe stops early: compare with [[ ]], or read all by awk or sed"
  status=1
fi
if command -v shellcheck >/dev/null; then
  # The parts of the set-up share variables: they are judged through the files that source them.
  # shellcheck disable=SC2086
  grep -LF '# shellcheck shell=bash' $scripts | xargs -P "$(nproc)" -n 8 shellcheck -S warning -x -a || status=1
else
  echo "shellcheck is not installed: only the syntax was checked"
fi
exit $status
