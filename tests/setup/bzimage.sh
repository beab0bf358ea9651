# SPDX-License-Identifier: GPL-2.0
# Makes small bzImages for the tests: the boot header's fields and a compressed payload.
# shellcheck shell=bash

# little_endian NUMBER: four bytes.
little_endian() {
  local number=$1 index
  for index in 0 8 16 24; do
    # shellcheck disable=SC2059
    printf "\\x$(printf '%02x' $((number >> index & 255)))"
  done
}

# make_bzimage COMPRESSOR PAYLOAD IMAGE: one setup sector, the payload 16 bytes behind it.
make_bzimage() {
  local compressor=$1 payload=$2 image=$3 packed
  packed=$(mktemp)
  case $compressor in
    lz4) lz4 -lcq "$payload" >"$packed" ;;
    cat) cp "$payload" "$packed" ;;
    *) "$compressor" -cq "$payload" >"$packed" ;;
  esac
  [[ $compressor == gzip ]] || little_endian "$(stat -c %s "$payload")" >>"$packed"
  {
    head -c 497 /dev/zero
    printf '\x01'
    head -c 16 /dev/zero
    printf 'HdrS'
    head -c 66 /dev/zero
    little_endian 16
    little_endian "$(stat -c %s "$packed")"
    head -c 448 /dev/zero
  } >"$image"
  cat "$packed" >>"$image"
  head -c 64 /dev/zero >>"$image"
  rm "$packed"
}
