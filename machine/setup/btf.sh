# SPDX-License-Identifier: GPL-2.0
# BTF, the types of a module whose functions eBPF programs call: described by pahole, and the ids
# in its section .BTF_ids filled in by the kernel's own resolve_btfids, both against the ELF
# kernel. Debian ships resolve_btfids with 6.12 only; it serves 6.1 as well.
# shellcheck shell=bash

# btf_resolver: prints the path of resolve_btfids, fetched if the kernel in kernel_folder and the
# cache folder have none.
btf_resolver() {
  local cached="$cache_folder/resolve_btfids/debian$platform_release" found
  for found in "$kernel_folder"/usr/src/linux-kbuild-*/tools/bpf/resolve_btfids/resolve_btfids \
    "$kernel_folder"/usr/lib/linux-kbuild-*/tools/bpf/resolve_btfids/resolve_btfids; do
    if [[ -x $found ]]; then
      printf '%s' "$found"
      return 0
    fi
  done
  [[ -x $cached ]] || btf_fetch_resolver "$cached"
  printf '%s' "$cached"
}

# btf_fetch_resolver FILE: unpacks it from the newest kernel's build programs into FILE.
btf_fetch_resolver() {
  local file=$1 partial="$cache_folder/.partial-resolve_btfids" suite image package
  local -a programs
  need_disk "$cache_folder" 20 "resolve_btfids"
  suite=$(kernel_suite 6.12)
  suite_open "$suite"
  image=$(suite_field "$suite" linux-image-amd64 Depends | tr ', ' '\n' | awk '/^linux-image-/ && !found++') || image=""
  package=$(kernel_dependencies "$(suite_field "$suite" "linux-headers-${image#linux-image-}" Depends)" |
    awk '/^linux-kbuild-/ && !found++') || package=""
  [[ -n $package ]] ||
    fail "$suite names no linux-kbuild package." "try again later: the mirror is being updated."
  say "fetching resolve_btfids, a part of $package (2 MB)"
  suite_fetch "$suite" "$partial/debs" "$package"
  rm -rf "$partial/root"
  unpack_all "$partial/debs" "$partial/root"
  mapfile -t programs < <(find "$partial/root" -type f -name resolve_btfids -perm -100)
  ((${#programs[@]} == 1)) ||
    fail "the package $package holds no program resolve_btfids." "report this: the package has changed."
  mkdir -p "$(dirname "$file")"
  mv "${programs[0]}" "$file"
  rm -rf "$partial"
}

# btf_wanted MODULE: true if the module has ids to be filled in.
btf_wanted() {
  [[ $(readelf -SW "$1") == *' .BTF_ids '* ]]
}

# btf_add MODULE RESOLVER: describes the module's types and fills in its ids. pahole has objcopy
# add the section; by itself it would look for LLVM's.
btf_add() {
  LC_ALL=C LLVM_OBJCOPY=objcopy pahole -J --btf_gen_floats --btf_base "$kernel_folder/vmlinux" "$1" &&
    "$2" -b "$kernel_folder/vmlinux" "$1"
}
