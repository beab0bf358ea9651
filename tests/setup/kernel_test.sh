#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Kernels: found in their suite, fetched once, complete or absent; package files of the user's.
# shellcheck source=tests/setup/harness.sh
source "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
# shellcheck source=tests/setup/bzimage.sh
source "$tests_folder/bzimage.sh"
# shellcheck disable=SC2034
{ platform_release=12 platform_codename=bookworm; }
release=6.12.9+deb12-amd64
pool="$scratch/pool"
mkdir "$pool"

# package NAME DEPENDS: makes NAME from the files in $scratch/tree and empties it.
package() {
  local root="$scratch/tree"
  mkdir -p "$root/DEBIAN"
  printf 'Package: %s\nVersion: 6.12.9-1\nArchitecture: amd64\nMaintainer: none\nDescription: test\n' \
    "$1" >"$root/DEBIAN/control"
  [[ -z $2 ]] || printf 'Depends: %s\n' "$2" >>"$root/DEBIAN/control"
  dpkg-deb -b "$root" "$pool/$1_6.12.9-1_amd64.deb" >/dev/null
  rm -r "$root"
}

printf '\177ELF a small kernel' >"$scratch/elf"
mkdir -p "$scratch/tree/boot" "$scratch/tree/lib/modules/$release"
make_bzimage xz "$scratch/elf" "$scratch/tree/boot/vmlinuz-$release"
echo 'CONFIG_CC_VERSION_TEXT="x86_64-linux-gnu-gcc-12 (Debian 12.2.0-14) 12.2.0"' \
  >"$scratch/tree/boot/config-$release"
package "linux-image-$release" ""
headers_depend="linux-base, linux-headers-6.12.9+deb12-common (= 6.12.9-1), linux-kbuild-6.12.9+deb12, gcc-12"
mkdir -p "$scratch/tree/usr/src/linux-headers-$release"
echo "include /usr/src/linux-headers-6.12.9+deb12-common/Makefile" \
  >"$scratch/tree/usr/src/linux-headers-$release/Makefile"
package "linux-headers-$release" "$headers_depend"
mkdir -p "$scratch/tree/usr/src/linux-headers-6.12.9+deb12-common"
echo 'all: ; @echo the common part' >"$scratch/tree/usr/src/linux-headers-6.12.9+deb12-common/Makefile"
package "linux-headers-6.12.9+deb12-common" ""
mkdir -p "$scratch/tree/usr/lib/linux-kbuild-6.12.9+deb12"
package "linux-kbuild-6.12.9+deb12" ""

# A faked apt that serves the pool; $scratch/broken makes a download stop half way.
export pool scratch release headers_depend
fake apt-get <<'END'
case " $* " in
  *" download --print-uris "*) for name in "${@: -4}"; do echo "'uri' ${name}_6.12.9-1_amd64.deb 1 SHA256:1"; done ;;
  *" update --print-uris "*) echo "'http://mirror.example/debian/dists/bookworm/main/binary-amd64/Packages.xz' x 0" ;;
  *" download "*)
    for name in "${@: -4}"; do
      if [[ -e $scratch/broken && $name == linux-kbuild-* ]]; then
        head -c 100 "$pool/${name}_6.12.9-1_amd64.deb" >"${name}_6.12.9-1_amd64.deb"
        echo "Connection failed"
        exit 100
      fi
      cp "$pool/${name}_6.12.9-1_amd64.deb" .
    done
    ;;
esac
END
fake apt-cache <<'END'
case ${*: -1} in
  linux-image-amd64) echo "Depends: linux-image-$release (= 6.12.9-1)" ;;
  linux-headers-"$release") echo "Depends: $headers_depend" ;;
  *) exit 100 ;;
esac
END
folder="$cache_folder/kernels/debian12-6.12"

touch "$scratch/broken"
refused kernel_ensure 6.12
holds "interrupted" "$output" "did not work" "Connection failed" "it goes on where it stopped"
[[ ! -e $folder ]] || equal "no half kernel" "" "$(ls "$folder")"

rm "$scratch/broken"
touch "$cache_folder/kernels/.partial-debian12-6.12/debs/linux-image-6.12.1-amd64_old.deb"
accepted kernel_ensure 6.12
equal "the ELF kernel" "$(sha256sum <"$scratch/elf")" "$(sha256sum <"$folder/vmlinux")"
holds "what is recorded" "$(cat "$folder/kernel")" "release=$release" "package=6.12.9-1" \
  "headers=usr/src/linux-headers-$release" "stock_modules=lib/modules/$release" "compiler=gcc-12"
equal "the headers find their common part" "the common part" "$(make -s -C "$folder/usr/src/linux-headers-$release")"
equal "nothing is left over" "" "$(ls -d "$cache_folder"/kernels/.partial* 2>/dev/null || true)"

: >"$calls"
accepted kernel_ensure 6.12
equal "a second call fetches nothing" "" "$(cat "$calls")"
equal "and says nothing" "" "$output"

# The suite carries another series.
refused kernel_ensure 6.1
holds "not in the suite" "$output" "bookworm has no kernel 6.1 (its linux-image-amd64 is linux-image-$release)"

# Package files of the user's.
kernel="$scratch/own/linux-image-${release}_6.12.9-1_amd64.deb"
mkdir "$scratch/own"
cp "$pool/linux-image-${release}_6.12.9-1_amd64.deb" "$kernel"
refused kernel_ensure "$kernel"
holds "headers missing" "$output" "linux-headers-$release is not beside" "into $scratch/own"
cp "$pool/linux-headers-${release}_6.12.9-1_amd64.deb" "$scratch/own"
refused kernel_ensure "$kernel"
holds "parts missing everywhere" "$output" "linux-kbuild-6.12.9+deb12" "neither beside" "into $scratch/own"
cp "$pool"/*common*.deb "$pool"/*kbuild*.deb "$scratch/own"
: >"$calls"
accepted kernel_ensure "$kernel"
equal "files: nothing is fetched" "" "$(grep -E '^apt' "$calls" || true)"
[[ -f $cache_folder/kernels/$(kernel_key "$kernel")/vmlinux ]] || equal "unpacked" yes no

refused kernel_check 5.10
holds "an unknown series" "$output" "neither a series (6.12, 6.1) nor a file"
refused kernel_check "$scratch/elf"
holds "no package" "$output" "is not a Debian package file"
cp "$pool"/*kbuild*.deb "$scratch/kbuild.deb"
refused kernel_ensure "$scratch/kbuild.deb"
holds "another package" "$output" "is not a linux-image package"

fake df <<<'printf "x\nx 0 0 100\n"'
rm -r "$folder"
refused kernel_ensure 6.12
holds "no disk" "$output" "needs 900 MB" "100 MB are free" "free some space"
done_testing
