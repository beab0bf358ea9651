#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The guest's busybox: taken out of its package wherever it lies there, fetched once, and never
# installed.
# shellcheck source=tests/setup/harness.sh
source "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
# shellcheck disable=SC2034
{ platform_release=13 platform_codename=trixie; }
export scratch

# busybox_package PATH_INSIDE: what the mirror holds.
busybox_package() {
  local root="$scratch/root"
  mkdir -p "$root/DEBIAN" "$(dirname "$root/$1")" "$root/usr/share/doc/busybox-static"
  printf 'Package: busybox-static\nVersion: 1\nArchitecture: amd64\nMaintainer: none\nDescription: test\n' \
    >"$root/DEBIAN/control"
  printf '#!/bin/sh\necho a shell\n' >"$root/$1"
  chmod 755 "$root/$1"
  dpkg-deb -b "$root" "$scratch/busybox-static_1_amd64.deb" >/dev/null
  rm -r "$root"
}
fake apt-get <<'END'
case " $* " in
  *" download --print-uris "*) echo "'uri' busybox-static_1_amd64.deb 1 SHA256:1" ;;
  *" update --print-uris "*) echo "'http://mirror.example/debian/dists/trixie/main/binary-amd64/Packages.xz' x 0" ;;
  *" download "*) cp "$scratch/busybox-static_1_amd64.deb" . || exit 100 ;;
esac
END

refused busybox_ensure
holds "no package" "$output" "fetching busybox-static from trixie did not work"
[[ ! -e $build_folder/image/busybox && ! -e $cache_folder/busybox ]] || equal "nothing is left" "" "a file"

for path in usr/bin/busybox bin/busybox; do
  rm -rf "$cache_folder/busybox" "$build_folder/image"
  busybox_package "$path"
  accepted busybox_ensure
  equal "$path" "a shell" "$("$build_folder/image/busybox")"
done
equal "nothing is left over" "" "$(ls -d "$cache_folder"/.partial* 2>/dev/null || true)"
equal "nothing is installed" "" "$(grep ' install ' "$calls" || true)"

: >"$calls"
accepted busybox_ensure
equal "a second call fetches nothing" "" "$(cat "$calls")"
equal "and says nothing" "" "$output"

busybox_package usr/bin/other
rm -rf "$cache_folder/busybox" "$build_folder/image"
refused busybox_ensure
holds "another package" "$output" "holds no program busybox"
done_testing
