#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# host_test.sh [BUILD_FOLDER]: the build speaks only when it has something to say, and without a
# virtual machine nothing is built that needs the machine's packages.
# shellcheck source=tests/setup/harness.sh
source "$(dirname "${BASH_SOURCE[0]}")/harness.sh"

# ninja_prints STATUS: standard input is what the build prints; it ends with STATUS.
ninja_prints() {
  cat >"$scratch/prints"
  fake cmake <<END
cat "$scratch/prints"
exit $1
END
}
mkdir -p "$build_folder/host"
touch "$build_folder/host/build.ninja"

ninja_prints 0 <<'END'
[0/2] Re-checking globbed directories...
[1/1] Building the guest's image
END
accepted host_build programs
equal "nothing to compile" "" "$output"
holds "what is built" "$(cat "$calls")" "cmake --build --preset default --target programs"

ninja_prints 0 <<'END'
[1/3] Building CXX object a.o
[2/3] Building C object b.o
[3/3] Linking CXX executable c
END
accepted host_build programs
equal "something to compile" "set-up: building" "$output"
equal "the log has it all" 3 "$(wc -l <"$build_folder/logs/build.log")"

ninja_prints 1 <<'END'
FAILED: a.o
a.cpp:1: error: no such thing
END
refused host_build programs
holds "a build that fails" "$output" "a.cpp:1: error: no such thing" "does not build" "what to do"

# The command for the native machine, on a system that has the packages.
tree="$scratch/tree"
mkdir -p "$tree/build/host"
cp -R "$tree_folder/machine" "$tree/machine"
touch "$tree/build/host/build.ninja"
printf 'ID=debian\nVERSION_ID=12\nPRETTY_NAME=Debian\n' >"$scratch/os-release"
fake dpkg-query <<'END'
shift 3
printf '%s installed\n' "$@"
END
ninja_prints 0 <<<"ninja: no work to do."
: >"$calls"
OSEXT_OS_RELEASE="$scratch/os-release" OSEXT_ARCHITECTURE=x86_64 accepted "$tree/machine/setup/setup.sh" --native
holds "native" "$(cat "$calls")" "--target programs_native"
equal "native asks for no machine's package" "" "$(grep -E 'dpkg-query.* (cpio|xz-utils)' "$calls" || true)"

if (($# > 0)); then
  inputs=$(ninja -C "$1" -t inputs programs_native)
  holds "native programs" "$inputs" benchmarks/osext.cpp benchmarks/runner.cpp
  equal "native needs no machine's part" "" "$(grep -E 'machine/agent|plugin|executive/entry' <<<"$inputs" || true)"
fi
done_testing
