# SPDX-License-Identifier: GPL-2.0
# Configures and builds the host's programs by CMake into build/host.
# shellcheck shell=bash

# host_announce: copies standard input, what the build prints, and says once that it compiles.
# (A dry run cannot tell: with globs in the tree it always stops at CMake's turn.)
host_announce() {
  local line said=0
  while IFS= read -r line; do
    printf '%s\n' "$line"
    if ((said == 0)) && [[ $line =~ 'Building '[A-Z]+' object' ]]; then
      say "building"
      said=1
    fi
  done
}

# host_build TARGET: `programs`, `programs_native` (no guest image), or `all` (the tests too).
# Quiet unless it fails; says nothing when there is nothing to compile: the image, which is
# looked after at every build, does not count.
host_build() (
  local target=$1 log="$build_folder/logs/build.log"
  cd "$tree_folder" || exit 1
  if [[ ! -f $build_folder/host/build.ninja ]]; then
    say "configuring; then the build takes some minutes, the first time"
    if ! run_quietly "$log" cmake --preset default; then
      tail -n 30 "$log" >&2
      fail "CMake could not configure the tree (see above)." \
        "remove $build_folder/host and run this command again (log: $log)."
    fi
  fi
  mkdir -p "$(dirname "$log")"
  if ! cmake --build --preset default --target "$target" 2>&1 </dev/null | host_announce >"$log"; then
    grep -E -A 12 'FAILED|error' "$log" | head -n 40 >&2 || tail -n 40 "$log" >&2
    fail "the tree does not build (see above)." \
      "if you changed it, repair it; else report this (log: $log)."
  fi
)
