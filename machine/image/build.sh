#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Builds the guest's image: a cpio archive with the agent as /init, a shell, and
# the shared libraries that the given programs need, but not the programs: they
# reach the guest through the shared region, so a program whose code changes
# leaves the image, and with it every snapshot, as it was.
# The same inputs give the same bytes, wherever and whenever this runs.
set -euo pipefail
export LC_ALL=C

usage() {
  cat <<'TEXT'
usage: build.sh OUT.cpio --agent FILE [--runner PROGRAM]... [--add HOST:GUEST]...
                [--tree FOLDER] [--busybox FILE]
  --agent    the static program that becomes /init
  --runner   a dynamic program whose libraries the image must hold
  --add      one more file
  --tree     a folder whose contents the image starts with; its programs go before busybox's
  --busybox  a static one; default: build/image/busybox, which the set-up puts there,
             else the one in PATH
TEXT
}
fail() { echo "image: $*" >&2; exit 1; }

out='' agent='' tree=''
busybox=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)/build/image/busybox
[ -x "$busybox" ] || busybox=$(command -v busybox || true)
runners=() extra=()
while [ $# -gt 0 ]; do
  case $1 in
    --help) usage; exit 0 ;;
    --agent|--runner|--add|--tree|--busybox)
      [ $# -ge 2 ] || fail "$1 needs a value"
      case $1 in
        --agent) agent=$2 ;;
        --runner) runners+=("$2") ;;
        --add) extra+=("$2") ;;
        --tree) tree=$2 ;;
        --busybox) busybox=$2 ;;
      esac
      shift 2 ;;
    -*) usage >&2; fail "unknown option $1" ;;
    *) [ -z "$out" ] || fail "more than one output file"; out=$1; shift ;;
  esac
done
[ -n "$out" ] && [ -n "$agent" ] || { usage >&2; exit 1; }
[ -x "$agent" ] || fail "$agent is not a program: build the target osext-agent first"
[ -n "$busybox" ] && [ -x "$busybox" ] ||
  fail "no busybox: run machine/setup/setup.sh, which fetches one, or name one by --busybox"
[[ $(readelf -l "$busybox" 2>/dev/null) != *INTERP* ]] ||
  fail "$busybox is not static, and the guest has no libraries for it: run machine/setup/setup.sh"
"$busybox" true || fail "$busybox does not run"
[ -z "$tree" ] || [ -d "$tree" ] || fail "$tree is not a folder"
command -v cpio >/dev/null || fail "no cpio: install the package cpio"

root=$(mktemp -d)
trap 'rm -rf "$root" "$out.new.$$"' EXIT
[ -z "$tree" ] || cp -a "$tree/." "$root/"
mkdir -p "$root"/{bin,sbin,dev,etc,lib64,lib/x86_64-linux-gnu,proc,run,sys,tmp,usr/bin,usr/sbin,usr/lib}
install -m 755 "$agent" "$root/init"
install -m 755 "$busybox" "$root/bin/busybox"
"$busybox" --list | while read -r applet; do
  [ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"
done
printf 'root:x:0:0:root:/run/osext:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
printf '127.0.0.1 localhost\n' >"$root/etc/hosts"

# ld.so lists the closure itself; its own name is printed without an arrow.
# libc, libm and libstdc++ are always there, so that a test program can be sent.
add_library() {
  local target="$root/lib/x86_64-linux-gnu/${1##*/}"
  [ -e "$target" ] || install -m 755 "$1" "$target"
}
loader=/lib64/ld-linux-x86-64.so.2
[ -e $loader ] || fail "no $loader: this is not an x86-64 system with glibc"
install -m 755 $loader "$root/lib64/"
for runner in "${runners[@]}"; do
  [ -f "$runner" ] || fail "$runner does not exist: build it first"
  list=$("$loader" --list "$runner") || fail "$runner is not a dynamic program of this system"
  missing=$(grep 'not found' <<<"$list" || true)
  [ -z "$missing" ] || fail "$runner needs a library that is not installed: $missing"
  while read -r library; do add_library "$library"; done \
    < <(sed -n 's/.* => \(\/[^ ]*\) (0x.*/\1/p' <<<"$list" | sort)
done
# The tree's own programs: what lies outside the tree is the C library, of which the tree has none.
if [ -n "$tree" ]; then
  while read -r library; do add_library "$library"; done < <(
    find "$root/usr/bin" -type f ! -name busybox -exec grep -lZ $'^\x7fELF' {} + |
      xargs -0 -n 1 "$loader" --library-path "$root/lib/x86_64-linux-gnu" --list |
      sed -n 's/.* => \(\/[^ ]*\) (0x.*/\1/p' | grep -vF "$root/" | sort -u)
fi
for pair in "${extra[@]}"; do
  [ -f "${pair%%:*}" ] || fail "${pair%%:*} does not exist"
  case ${pair#*:} in /*) ;; *) fail "--add $pair: the guest's path must be absolute" ;; esac
  install -D -m "$([ -x "${pair%%:*}" ] && echo 755 || echo 644)" "${pair%%:*}" "$root${pair#*:}"
done

chmod -R go-w,a+rX "$root"
find "$root" -exec touch -h -d @0 {} +
mkdir -p "$(dirname "$out")"
(cd "$root" && find . -mindepth 1 -print0 | sort -z |
  cpio --null --create --format=newc --reproducible --owner=0:0 --quiet) >"$out.new.$$"
# An image that did not change keeps its time, so that nothing is rebuilt for it.
if cmp -s "$out.new.$$" "$out"; then rm "$out.new.$$"; else mv "$out.new.$$" "$out"; fi
