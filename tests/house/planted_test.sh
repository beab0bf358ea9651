#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The checks of the house find what is planted in a copy of the tree, one breach at a time.
set -euo pipefail
tree=$(cd "${1:-.}" && pwd -P)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
copy=$scratch/copy
mkdir "$copy"
(cd "$tree" && tar -cf - --exclude=./build --exclude=./.git --exclude='./results/*/samples.jsonl' .) | tar -xf - -C "$copy"
failures=0
declare -A before
begin() { before[$1]=$("$tree/tests/house/$1.sh" "$copy" 2>&1 || true); }
begin floors
begin text
# Something to include.
echo '// SPDX-License-Identifier: GPL-2.0' >"$copy/workloads/something.h"

# planted CHECK FILE LINE: the check must fail and name LINE's breach once LINE is in FILE.
planted() {
  local check=$1 file=$copy/$2 line=$3 after
  mkdir -p "$(dirname "$file")"
  [[ ! -f $file ]] || cp "$file" "$scratch/saved"
  printf '%s\n' "$line" >>"$file"
  after=$("$tree/tests/house/$check.sh" "$copy" 2>&1 || true)
  if [[ ${before[$check]} == "$after" ]]; then
    echo "$check.sh did not find in $2: $line"
    failures=1
  fi
  if [[ -f $scratch/saved ]]; then mv "$scratch/saved" "$file"; else rm "$file"; fi
}

planted floors measure/sample.h '#include "report/table.h"'
planted floors measure/sample.h '#include "machine/machine.h"'
planted floors workloads/planted.h '#include "machine/machine.h"'
planted floors report/planted.h '#include "workloads/something.h"'
planted floors include/osext/marker.h '#include "measure/sample.h"'
planted floors machine/doctor.h '#include "machine/doctor.h"'
planted floors include/osext/counters.h '#include <osext/shared_region.h>'
planted floors measure/planted.h '#include "tests/house/uapi_layout.h"'
planted text measure/planted.cpp 'int no_licence;'
planted text planted/source.cpp '// SPDX-License-Identifier: GPL-2.0'
planted text measure/sample.h "// $(printf 'TO%s' DO)"
planted text README.md "see /$(printf 'roo%s' t)/osext"
planted text docs/planted.md "from deb.$(printf 'debia%s' n.org)"
planted text measure/sample.h 'int a;  '
planted text measure/sample.h "$(yes '// long' | head -n 501)"

# Few scripts are enough for what looks at scripts, and takes long.
find "$copy/machine" "$copy/tests" -mindepth 1 -maxdepth 1 -type d ! -name house ! -name end_to_end -exec rm -r {} +
begin scripts
# shellcheck disable=SC2016
planted scripts benchmarks/all 'if'
if command -v shellcheck >/dev/null; then planted scripts benchmarks/all 'cd nowhere'; fi
early='grep'
planted scripts benchmarks/all "seq 9 | $early -q 1"
exit $failures
