# SPDX-License-Identifier: GPL-2.0
# Configures and builds the host's programs by CMake into build/host.
# shellcheck shell=bash

# host_build TARGET: `programs`, or `all` for the tests as well. Quiet unless it fails; says
# nothing when there is nothing to compile.
host_build() (
  local target=$1 log="$build_folder/logs/build.log" first=0
  cd "$tree_folder" || exit 1
  if [[ ! -f $build_folder/host/build.ninja ]]; then
    first=1
    say "configuring and building; the first time takes some minutes"
    if ! run_quietly "$log" cmake --preset default; then
      tail -n 30 "$log" >&2
      fail "CMake could not configure the tree (see above)." \
        "remove $build_folder/host and run this command again (log: $log)."
    fi
  fi
  if ((first == 0)) && ninja -C "$build_folder/host" -n "$target" 2>/dev/null | grep -qE 'Building|Linking'; then
    say "building"
  fi
  if ! run_quietly "$log" cmake --build --preset default --target "$target"; then
    grep -E -A 12 'FAILED|error' "$log" | head -n 40 >&2 || tail -n 40 "$log" >&2
    fail "the tree does not build (see above)." \
      "if you changed it, repair it; else report this (log: $log)."
  fi
)
