#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The programs of the fat image: apt resolves what they need, they are unpacked into one merged
# layout and never installed, and what is missing is named.
# shellcheck source=tests/setup/harness.sh
source "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
# shellcheck disable=SC2034
{ platform_release=12 platform_codename=bookworm; }
export scratch
mkdir "$scratch/mirror"

# package NAME FILE...: the mirror holds it, with these programs in it.
package() {
  local root="$scratch/root" name=$1 file
  shift
  mkdir -p "$root/DEBIAN" "$root/usr/share/doc/$name"
  printf 'Package: %s\nVersion: 1\nArchitecture: amd64\nMaintainer: none\nDescription: test\n' "$name" \
    >"$root/DEBIAN/control"
  echo "a text" >"$root/usr/share/doc/$name/copyright"
  for file in "$@"; do
    mkdir -p "$(dirname "$root/$file")"
    printf '#!/bin/sh\necho %s\n' "$file" >"$root/$file"
    chmod 755 "$root/$file"
  done
  dpkg-deb -b "$root" "$scratch/mirror/${name}_1_amd64.deb" >/dev/null
  rm -r "$root"
}
fake apt-get <<'END'
case " $* " in
  *" install --simulate "*)
    for name in libc6 base-files dpkg bash coreutils findutils gzip libpython3-stdlib mawk \
      python3-minimal python3.11-minimal sqlite3 strace tar libreadline8 zlib1g; do
      echo "Inst $name (1 Debian:12 [amd64])"
      echo "Conf $name (1 Debian:12 [amd64])"
    done ;;
  *" update --print-uris "*) echo "'http://mirror.example/debian/dists/bookworm/main/binary-amd64/Packages.xz' x 0" ;;
  *" download --print-uris "*) (cd "$scratch/mirror" && for file in *; do echo "'uri' $file 1 SHA256:1"; done) ;;
  *" download "*)
    for name; do
      case $name in *libc6 | *dpkg | base-files) exit 100 ;; esac
    done
    cp "$scratch"/mirror/* . ;;
esac
END
package bash bin/bash
package coreutils usr/bin/sort usr/bin/sha256sum bin/ls
package findutils usr/bin/find
package gzip bin/gzip
package mawk usr/bin/mawk
package python usr/bin/python3 usr/lib/python3.11/os.py
package sqlite3 usr/bin/sqlite3
package strace usr/bin/strace sbin/something
package tar bin/tar
package libreadline8 lib/x86_64-linux-gnu/libreadline.so.8

accepted fat_ensure
link=$build_folder/image/fat
for file in bash sort ls find gzip awk python3 sqlite3 strace tar; do
  [[ -x $link/bin/$file && -x $link/usr/bin/$file ]] || equal "$file is there" yes no
done
[[ -x $link/usr/lib/x86_64-linux-gnu/libreadline.so.8 && -x $link/sbin/something ]] || equal "one layout" yes no
equal "what does not run stays out" "" "$(ls -d "$link/usr/share" "$link/etc" 2>/dev/null || true)"
equal "nothing is left over" "" "$(ls -d "$cache_folder"/.partial* 2>/dev/null || true)"
equal "nothing is installed" "" "$(grep ' install ' "$calls" | grep -v simulate || true)"
holds "what was asked for" "$(grep ' download ' "$calls")" " zlib1g" " libreadline8" " python3.11-minimal"

: >"$calls"
accepted fat_ensure
equal "a second call fetches nothing" "" "$(cat "$calls")"

rm -rf "$cache_folder/fat" "$link" "$scratch"/mirror/sqlite3*
refused fat_ensure
holds "a program is missing" "$output" "the packages of the fat image lack: sqlite3."
[[ ! -e $cache_folder/fat && ! -e $link ]] || equal "nothing half" "" "a folder"

# A real program whose library no package brings.
echo 'int f(void) { return 0; }' >"$scratch/absent.c"
echo 'int f(void); int main(void) { return f(); }' >"$scratch/program.c"
cc -shared -o "$scratch/libabsent.so" "$scratch/absent.c"
(cd "$scratch" && cc -o sqlite3 program.c -L. -labsent)
mkdir -p "$scratch/whole/usr/bin"
for file in bash awk find gzip python3 strace tar sort sha256sum; do
  printf '#!/bin/sh\n' >"$scratch/whole/usr/bin/$file"
  chmod 755 "$scratch/whole/usr/bin/$file"
done
cp "$scratch/sqlite3" "$scratch/whole/usr/bin/"
holds "a library is missing" "$(fat_missing "$scratch/whole")" "libabsent.so (for sqlite3)"
done_testing
