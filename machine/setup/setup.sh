#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# setup.sh [--native] [--tests] [--fat] [--kernel 6.12|6.1|FILE]...
# Makes this machine ready to run osext: installs missing packages, fetches QEMU, busybox
# and the kernels, builds the tree and its modules, and writes build/setup.json, which tells the
# programs where everything is. Whatever is there already is neither fetched nor built again.
# --native: neither QEMU nor kernels nor modules nor a guest image.
# Without --kernel: QEMU, but no kernel.
# --tests: builds the tests too.
# --fat: fetches the programs of the fat image too, which the tests of transparency run.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=machine/setup/common.sh
source "$here/common.sh"
# shellcheck source=machine/setup/platform.sh
source "$here/platform.sh"
# shellcheck source=machine/setup/packages.sh
source "$here/packages.sh"
# shellcheck source=machine/setup/mirror.sh
source "$here/mirror.sh"
# shellcheck source=machine/setup/suite.sh
source "$here/suite.sh"
# shellcheck source=machine/setup/qemu.sh
source "$here/qemu.sh"
# shellcheck source=machine/setup/busybox.sh
source "$here/busybox.sh"
# shellcheck source=machine/setup/fat.sh
source "$here/fat.sh"
# shellcheck source=machine/setup/kernel.sh
source "$here/kernel.sh"
# shellcheck source=machine/setup/btf.sh
source "$here/btf.sh"
# shellcheck source=machine/setup/modules.sh
source "$here/modules.sh"
# shellcheck source=machine/setup/host.sh
source "$here/host.sh"

# write_setup_json: joins what the steps recorded; kernels whose files are gone are left out.
write_setup_json() {
  local file separator=""
  {
    printf '{"schema": "setup/1",\n"qemu": %s,\n"kernels": {' "$(cat "$build_folder/qemu.json" 2>/dev/null || echo null)"
    for file in "$build_folder"/modules/*/kernel.json; do
      [[ -f $file ]] || continue
      [[ -f $(sed -n 's/.*"vmlinux": "\([^"]*\)".*/\1/p' "$file") ]] || continue
      printf '%s\n%s: %s' "$separator" "$(json_string "$(basename "$(dirname "$file")")")" "$(cat "$file")"
      separator=,
    done
    printf '}}\n'
  } | write_file "$build_folder/setup.json"
}

native=0
tests=0
fat=0
kernels=()
while (($# > 0)); do
  case $1 in
    --native) native=1 ;;
    --tests) tests=1 ;;
    --fat) fat=1 ;;
    --kernel)
      (($# > 1)) || fail "--kernel wants a value." "give 6.12, 6.1 or the path of a linux-image package file."
      kernels+=("$2")
      shift
      ;;
    *) fail "setup.sh does not know $1." "see the head of machine/setup/setup.sh." ;;
  esac
  shift
done

platform_require
for kernel in "${kernels[@]}"; do kernel_check "$kernel"; done
[[ $tree_folder != *[[:space:]:]* ]] ||
  fail "the path of this checkout holds a space or a colon, which kernel builds cannot have." \
    "move it to a path without them."
hold_lock "$build_folder/.lock"

mapfile -t wanted < <(packages_wanted "$platform_release" $((1 - native)))
packages_install "${wanted[@]}"
if ((native == 0)); then
  hold_lock "$cache_folder/.lock"
  qemu_ensure
  busybox_ensure
  if ((fat)); then fat_ensure; fi
  for kernel in "${kernels[@]}"; do
    kernel_ensure "$kernel"
    if [[ -f $kernel ]]; then
      modules_build "$(sed -n 's/^release=//p' "$kernel_folder/kernel")" "$(realpath "$kernel")"
    else
      modules_build "$kernel"
    fi
  done
  # What remains concerns this checkout only: others may use the cache meanwhile.
  release_lock
  write_setup_json
fi
if ((tests)); then
  host_build all
elif ((native)); then
  host_build programs_native
else
  host_build programs
fi
