#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Checks what every file of the tree must hold and must not: text.sh TREE prints each breach.
set -euo pipefail
cd "${1:-.}"
status=0

# files: the tree's own text files, neither built nor measured ones.
files() {
  find . \( -name .git -o -path ./build -o -path './results/*' ! -path './results/papers*' \
    ! -path ./results/README.md \) -prune -o -type f -print | LC_ALL=C sort
}

# complain WHAT: prints the lines on standard input under WHAT; none is well.
complain() {
  local lines
  lines=$(cat)
  [[ -z $lines ]] || { printf '%s:\n%s\n' "$1" "$lines"; status=1; }
}

# source_files: files with code in them.
source_files() {
  files | grep -E '\.(c|cpp|h|S|sh|lds|profile|gp)$|/Kbuild$|^\./(benchmarks/all|tests/all|tests/fresh-machine|\.ci/run)$'
}

[[ $(source_files | wc -l) -gt 20 ]] || { echo "hardly a source file was found in $PWD"; status=1; }

complain "no licence (SPDX) in the first two lines" < <(
  source_files | xargs awk '
    FNR == 1 && file != "" && !found { print file }
    FNR == 1 { file = FILENAME; found = 0 }
    FNR <= 2 && /SPDX-License-Identifier: GPL-2.0/ { found = 1 }
    END { if (!found) print file }')
complain "a uapi header without the syscall note" < <(
  grep -L 'SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note' include/osext/*.h)

complain "folders without a README, and not named (\`folder/\`) in the README above" < <(
  source_files | grep -v '^\./include/\|^\./\.ci/\|/data/' | sed 's,/[^/]*$,,' | LC_ALL=C sort -u |
    while read -r folder; do
      [[ -f $folder/README.md ]] ||
        grep -qsF "$(basename "$folder")/" "$(dirname "$folder")/README.md" || echo "$folder"
    done)

# The patterns are written so that this file does not match itself.
complain "marks of unfinished work" < <(
  source_files | xargs grep -nE '\b(TO[D]O|FIX[M]E|XX[X]|HAC[K])\b|not yet impleme[n]ted|future wor[k]' || true)
complain "paths of one machine" < <(
  files | grep -v '\.json$' | xargs grep -nE '(^|[^A-Za-z0-9_.$}/])/(wor[k]|roo[t]|home/[a-z]+|tmp/[a-z0-9]+)/' || true)
complain "registry hosts" < <(
  files | xargs grep -nIE '\b(deb|ftp[a-z.]*|security|snapshot|archive|http)\.debia[n]\.org|pypi\.or[g]|registry\.npmj[s]|crates\.i[o]|docker\.i[o]|proxy\.golan[g]' || true)
complain "lines that end in white space" < <(source_files | xargs grep -nE '[[:space:]]+$' || true)
complain "files of more than 500 lines" < <(
  source_files | xargs wc -l | awk '$2 != "total" && $1 > 500 { print $2 ": " $1 }')
exit $status
