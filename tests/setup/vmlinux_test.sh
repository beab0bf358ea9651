#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The ELF kernel comes out of a bzImage of each compression, and only out of one.
# shellcheck source=tests/setup/harness.sh
source "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
# shellcheck source=tests/setup/bzimage.sh
source "$tests_folder/bzimage.sh"

printf '\177ELF a kernel of few words' >"$scratch/elf"
for compressor in gzip xz zstd lz4; do
  make_bzimage "$compressor" "$scratch/elf" "$scratch/bzImage"
  rm -f "$scratch/vmlinux"
  accepted bash "$setup_folder/vmlinux.sh" "$scratch/bzImage" "$scratch/vmlinux"
  equal "$compressor" "$(sha256sum <"$scratch/elf")" "$(sha256sum <"$scratch/vmlinux")"
done

rm "$scratch/vmlinux"
head -c 4096 /dev/zero >"$scratch/zeros"
refused bash "$setup_folder/vmlinux.sh" "$scratch/zeros" "$scratch/vmlinux"
holds "no bzImage" "$output" "is not a bzImage"
make_bzimage cat "$scratch/elf" "$scratch/bzImage"
refused bash "$setup_folder/vmlinux.sh" "$scratch/bzImage" "$scratch/vmlinux"
holds "unknown compression" "$output" "unknown compression"
echo "no ELF" >"$scratch/text"
make_bzimage xz "$scratch/text" "$scratch/bzImage"
refused bash "$setup_folder/vmlinux.sh" "$scratch/bzImage" "$scratch/vmlinux"
holds "no kernel" "$output" "does not hold an ELF kernel"
[[ ! -e $scratch/vmlinux && ! -e $scratch/vmlinux.partial ]] || equal "nothing is left" "" "a file"
done_testing
