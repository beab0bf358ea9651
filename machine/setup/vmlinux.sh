#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vmlinux.sh BZIMAGE VMLINUX: extracts the ELF kernel from a bzImage, for booting by PVH.
# The boot protocol's header says where the compressed kernel lies (payload_offset and
# payload_length, at 0x248 and 0x24c, counted from the end of the real-mode sectors).
set -euo pipefail

image=$1
output=$2

# number OFFSET BYTES: a little-endian number in the image.
number() {
  od -An -v -t "u$2" -j "$1" -N "$2" "$image" | tr -d ' '
}

if [[ $(od -An -c -j 514 -N 4 "$image" | tr -d ' ') != HdrS ]]; then
  echo "$image is not a bzImage" >&2
  exit 1
fi
sectors=$(number 497 1)
offset=$(((sectors + 1) * 512 + $(number 584 4)))
length=$(number 588 4)
magic=$(od -An -t x1 -j "$offset" -N 4 "$image" | tr -d ' ')

# Every compressor but gzip has the uncompressed size appended to its stream.
case $magic in
  1f8b*) unpack=(gzip -dc) trailer=0 ;;
  fd377a58) unpack=(xz -dc) trailer=4 ;;
  28b52ffd) unpack=(zstd -dcq) trailer=4 ;;
  02214c18) unpack=(lz4 -dcq) trailer=4 ;;
  *)
    echo "$image: unknown compression $magic (gzip, xz, zstd and lz4 are known)" >&2
    exit 1
    ;;
esac
dd if="$image" iflag=skip_bytes,count_bytes skip="$offset" count=$((length - trailer)) bs=1M status=none |
  "${unpack[@]}" >"$output.partial"
if [[ $(od -An -t x1 -N 4 "$output.partial" | tr -d ' ') != 7f454c46 ]]; then
  rm -f "$output.partial"
  echo "$image does not hold an ELF kernel" >&2
  exit 1
fi
mv "$output.partial" "$output"
