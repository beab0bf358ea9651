#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The image: equal inputs give equal bytes wherever and whenever it is built, and
# the program itself is not in it.
set -euo pipefail
build=$1 agent=$2 program=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "image_test: $*" >&2; exit 1; }

mkdir -p "$folder/a/deeper" "$folder/b"
"$build" "$folder/one.cpio" --agent "$agent" --runner "$program"
# Other paths, other times, another umask, another TMPDIR.
cp "$agent" "$folder/a/deeper/renamed-agent"
cp "$program" "$folder/b/renamed-program"
touch -d 2001-01-01 "$folder/a/deeper/renamed-agent"
(umask 077; cd "$folder/b" && TMPDIR=$folder/a "$build" "$folder/a/two.cpio" \
  --agent "$folder/a/deeper/renamed-agent" --runner ./renamed-program)
cmp "$folder/one.cpio" "$folder/a/two.cpio" || fail "two builds differ"

# A program whose code changes leaves the image as it was, its time included.
before=$(stat -c %y "$folder/one.cpio")
printf x >>"$folder/b/renamed-program"
"$build" "$folder/one.cpio" --agent "$agent" --runner "$folder/b/renamed-program"
cmp "$folder/one.cpio" "$folder/a/two.cpio" || fail "the image changed with the program's code"
[ "$before" = "$(stat -c %y "$folder/one.cpio")" ] || fail "an equal image was replaced"

list=$(cpio --quiet -t <"$folder/one.cpio")
for name in init bin/busybox bin/sh lib64/ld-linux-x86-64.so.2 lib/x86_64-linux-gnu/libc.so.6; do
  grep -qx "$name" <<<"$list" || fail "$name is missing"
done
grep -q "${program##*/}" <<<"$list" && fail "the program is in the image"
grep -aqF "$folder" "$folder/one.cpio" && fail "a path of the build is in the image"

# A tree of real programs: they go before busybox's, and the libraries come along.
mkdir -p "$folder/tree/usr/bin"
ln -s usr/bin "$folder/tree/bin"
cp /bin/ls "$folder/tree/usr/bin/ls"
"$build" "$folder/fat.cpio" --agent "$agent" --tree "$folder/tree/"
list=$(cpio --quiet -tv <"$folder/fat.cpio")
grep -qE '^-rwxr-xr-x .* usr/bin/ls$' <<<"$list" || fail "busybox's ls is before the tree's"
grep -qE ' usr/bin/cat -> busybox$' <<<"$list" || fail "busybox does not fill what the tree lacks"
grep -q 'lib/x86_64-linux-gnu/libc.so.6$' <<<"$list" || fail "the tree's program lacks the C library"
grep -q 'libselinux.so.1$' <<<"$list" || [[ $(ldd /bin/ls) != *libselinux* ]] || fail "ls lacks a library"

# Errors: a clear sentence, and no half image.
expect_error() {
  local says=$1; shift
  if "$build" "$folder/bad.cpio" "$@" 2>"$folder/error"; then fail "accepted: $*"; fi
  grep -q -- "$says" "$folder/error" || fail "no \"$says\" in: $(cat "$folder/error")"
  [ ! -e "$folder/bad.cpio" ] || fail "a half image was left"
}
expect_error "not a program" --agent /no/such/agent
expect_error "does not exist" --agent "$agent" --runner /no/such/program
expect_error "not a dynamic program" --agent "$agent" --runner "$agent"
expect_error "is not static" --agent "$agent" --busybox "$program"
expect_error "is not a folder" --agent "$agent" --tree /no/such/folder
expect_error "unknown option" --agent "$agent" --colour red
expect_error "absolute" --agent "$agent" --add "$agent:relative"
ls "$folder"/*.new.* 2>/dev/null && fail "a temporary file was left"
echo "image_test: ok"
