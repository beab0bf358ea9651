#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The commands themselves: bad options are refused before anything is done, and the doctor of a
# machine where nothing is built speaks.
# shellcheck source=tests/setup/harness.sh
source "$(dirname "${BASH_SOURCE[0]}")/harness.sh"

# A copy of the tree's scripts, so that nothing is built or written in the tree.
tree="$scratch/tree"
mkdir -p "$tree/benchmarks" "$tree/tests"
cp -R "$tree_folder/machine" "$tree/machine"
cp "$tree_folder/benchmarks/all" "$tree/benchmarks/"
cp "$tree_folder/tests/all" "$tree/tests/"

refused "$tree/machine/setup/setup.sh" --kernel nonsense
holds "a kernel that is none" "$output" "--kernel nonsense is neither a series (6.12, 6.1) nor a file"
refused "$tree/machine/setup/setup.sh" --kernel
holds "no value" "$output" "--kernel wants a value"
refused "$tree/benchmarks/all" --kernel /nonexistent.deb
holds "a file that is none" "$output" "--kernel /nonexistent.deb is neither"
refused "$tree/benchmarks/all" --kernel
holds "no value" "$output" "--kernel wants a value"
for bad in --qick --machine=foo "--machine foo" --kernel=5.10 "--quick --full" --list=3 "--only --full" "--only a b" --load-modules; do
  status=0
  read -ra words <<<"$bad"
  output=$("$tree/benchmarks/all" "${words[@]}" 2>&1 </dev/null) || status=$?
  equal "exit status of $bad" 2 "$status"
  holds "$bad" "$output" "benchmarks/all: " "what to do" "benchmarks/all --help"
done
for help in --help -h "--quick --help"; do
  read -ra words <<<"$help"
  accepted "$tree/benchmarks/all" "${words[@]}"
  holds "$help" "$output" "usage: benchmarks/all" "--machine NAME"
done
refused "$tree/tests/all" --nonsense
holds "an unknown option" "$output" "does not know --nonsense"
printf 'ID=ubuntu\nVERSION_ID=24.04\nPRETTY_NAME="Ubuntu 24.04"\n' >"$scratch/os-release"
OSEXT_OS_RELEASE="$scratch/os-release" refused "$tree/benchmarks/all"
holds "another system" "$output" "this is Ubuntu 24.04"
mkdir "$scratch/a folder"
cp -R "$tree/machine" "$scratch/a folder/machine"
refused "$scratch/a folder/machine/setup/setup.sh"
holds "a path with a space" "$output" "holds a space or a colon" "move it"
[[ ! -e $tree/build ]] || equal "nothing was written" "" "$(ls "$tree/build")"
[[ ! -e $HOME/.cache ]] || equal "nothing was cached" "" "$(ls "$HOME/.cache")"

OSEXT_OS_RELEASE="$scratch/os-release" refused "$tree/benchmarks/all" --doctor
holds "the doctor before the build" "$output" "osext is not built here yet" "bad" "Ubuntu 24.04" \
  "processor" "memory" "disk" "benchmarks/all --list"
[[ ! -e $tree/build ]] || equal "the doctor writes nothing" "" "$(ls "$tree/build")"
accepted "$tree/tests/all" --help
holds "help" "$output" "--soak"
done_testing
