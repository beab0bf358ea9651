#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Checks the floors of the house: every include points down, no circles.
#   1 include/osext
#   2 kmod_hijack, executive, kmod_safex, uls, machine, measure: none includes another
#   3 report, workloads: floor 1 and measure only
#   4 benchmarks: everything below
# tests/ may include all. floors.sh TREE prints each include that breaks a rule.
set -euo pipefail
cd "${1:-.}"

# edges: "FILE FILE_INCLUDED" for every include of a file of this tree.
edges() {
  find include kmod_hijack executive kmod_safex uls machine measure report workloads benchmarks \
    -type f \( -name '*.h' -o -name '*.c' -o -name '*.cpp' -o -name '*.S' -o -name '*.lds' \) 2>/dev/null |
    LC_ALL=C sort |
    xargs -r grep -HoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<][^">]+' /dev/null |
    sed -E 's/^([^:]+):[^"<]*(["<])(.*)/\1 \2 \3/' |
    while read -r file quote target; do
      if [[ -e $target && $quote == '"' ]]; then
        printf '%s %s\n' "$file" "$target"
      elif [[ $target == osext/* ]]; then
        printf '%s include/%s\n' "$file" "$target"
      elif [[ $quote == '"' ]]; then
        # Relative to the file's folder, or generated during the build.
        target=$(realpath -m --relative-to=. "$(dirname "$file")/$target")
        [[ ! -e $target ]] || printf '%s %s\n' "$file" "$target"
      fi
    done
}

graph=$(mktemp)
trap 'rm -f "$graph"' EXIT
edges >"$graph"
status=0

awk '
  function part(path) { sub(/\/.*/, "", path); return path }
  BEGIN {
    split("include 1 kmod_hijack 2 executive 2 kmod_safex 2 uls 2 machine 2 measure 2 " \
          "report 3 workloads 3 benchmarks 4", words, " ")
    for (i = 1; i in words; i += 2) floor[words[i]] = words[i + 1]
  }
  {
    from = part($1)
    to = part($2)
    if (from == to) next
    why = ""
    if (!(to in floor)) why = "which is on no floor"
    else if (floor[to] >= floor[from]) why = "which is not below"
    else if (floor[from] == 3 && floor[to] == 2 && to != "measure") why = "but may include measure only"
    if (why != "") { print $1 " includes " $2 ", " why; broken = 1 }
  }
  END { exit broken }' "$graph" || status=1

# tsort names the members of a circle; a file that includes itself is one, too.
if ! circles=$(awk '$1 != $2' "$graph" | tsort 2>&1 >/dev/null); then
  printf 'includes in a circle:\n%s\n' "$circles"
  status=1
fi
awk '$1 == $2 { print $1 " includes itself"; found = 1 } END { exit found }' "$graph" || status=1

# A check that saw nothing has checked nothing.
if [[ ! -s $graph ]]; then
  echo "no include was found in $PWD"
  status=1
fi
exit $status
