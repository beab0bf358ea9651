# SPDX-License-Identifier: GPL-2.0
# What the tests of the set-up share: the set-up's functions with their folders in a temporary
# place, commands that are faked, and checks that say what they expected.
# shellcheck shell=bash
set -euo pipefail

tests_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin" "$scratch/home"
PATH="$scratch/bin:$PATH"
export HOME="$scratch/home"
unset XDG_CACHE_HOME

# shellcheck source=machine/setup/common.sh
source "$tests_folder/../../machine/setup/common.sh"
# shellcheck source=machine/setup/platform.sh
source "$tests_folder/../../machine/setup/platform.sh"
# shellcheck source=machine/setup/packages.sh
source "$tests_folder/../../machine/setup/packages.sh"
# shellcheck source=machine/setup/mirror.sh
source "$tests_folder/../../machine/setup/mirror.sh"
# shellcheck source=machine/setup/suite.sh
source "$tests_folder/../../machine/setup/suite.sh"
# shellcheck source=machine/setup/qemu.sh
source "$tests_folder/../../machine/setup/qemu.sh"
# shellcheck source=machine/setup/busybox.sh
source "$tests_folder/../../machine/setup/busybox.sh"
# shellcheck source=machine/setup/fat.sh
source "$tests_folder/../../machine/setup/fat.sh"
# shellcheck source=machine/setup/kernel.sh
source "$tests_folder/../../machine/setup/kernel.sh"
# shellcheck source=machine/setup/btf.sh
source "$tests_folder/../../machine/setup/btf.sh"
# shellcheck source=machine/setup/modules.sh
source "$tests_folder/../../machine/setup/modules.sh"
# shellcheck source=machine/setup/host.sh
source "$tests_folder/../../machine/setup/host.sh"
export build_folder="$scratch/build" cache_folder="$scratch/cache"
export calls="$scratch/calls"
: >"$calls"

checks=0

# fake NAME: standard input becomes the command NAME; each call of it is noted in $calls.
fake() {
  {
    # shellcheck disable=SC2016
    printf '#!/bin/bash\nprintf "%%s %%s\\n" "%s" "$*" >>"$calls"\n' "$1"
    cat
  } >"$scratch/bin/$1"
  chmod +x "$scratch/bin/$1"
}

# equal WHAT EXPECTED ACTUAL
equal() {
  checks=$((checks + 1))
  [[ $2 == "$3" ]] && return 0
  printf 'FAILED: %s\n  expected: %s\n  actual:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}

# holds WHAT TEXT PART...: TEXT must contain every PART.
holds() {
  local what=$1 text=$2 part
  shift 2
  for part in "$@"; do
    checks=$((checks + 1))
    [[ $text == *"$part"* ]] && continue
    printf 'FAILED: %s\n  missing: %s\n  in: %s\n' "$what" "$part" "$text" >&2
    exit 1
  done
}

# refused COMMAND...: the command must fail; its words are in $output afterwards.
refused() {
  checks=$((checks + 1))
  if output=$( ("$@") 2>&1 </dev/null); then
    printf 'FAILED: this should have been refused: %s\n' "$*" >&2
    exit 1
  fi
}

# accepted COMMAND...: the command must succeed; its words are in $output afterwards.
accepted() {
  checks=$((checks + 1))
  if ! output=$( ("$@") 2>&1 </dev/null); then
    printf 'FAILED: this should have worked: %s\n%s\n' "$*" "$output" >&2
    exit 1
  fi
}

# called NAME: how often that fake was called.
called() {
  grep -c "^$1 " "$calls" || true
}

done_testing() {
  printf '%d checks passed\n' "$checks"
}
