# SPDX-License-Identifier: GPL-2.0
# Stock kernels: image, headers and ELF kernel, unpacked into the cache folder, never installed.
# A kernel's folder there is complete or absent: it is made under another name and renamed.
# shellcheck shell=bash

# kernel_suite NAME: the suite that carries the kernel series NAME for this Debian.
kernel_suite() {
  case "$platform_release:$1" in
    *:6.1) echo bookworm ;;
    12:6.12) echo bookworm-backports ;;
    13:6.12) echo trixie ;;
    *) return 1 ;;
  esac
}

# kernel_dependencies CONTROL_FIELD: the header and kbuild packages it names, one a line.
kernel_dependencies() {
  tr ',' '\n' <<<"$1" | awk '$1 ~ /^linux-(headers-.*-common|kbuild-)/ { print $1 }'
}

# kernel_fetch NAME FOLDER: the packages of the newest kernel of the series NAME.
kernel_fetch() {
  local name=$1 folder=$2 suite image release dependencies
  suite=$(kernel_suite "$name")
  suite_open "$suite"
  image=$(suite_field "$suite" linux-image-amd64 Depends | tr ', ' '\n' |
    awk '/^linux-image-/ && !found++') || image=""
  [[ $image == linux-image-"$name".* ]] ||
    fail "$suite has no kernel $name (its linux-image-amd64 is ${image:-absent})." \
      "choose another kernel by --kernel, or give a package file: --kernel FILE."
  release=${image#linux-image-}
  dependencies=$(suite_field "$suite" "linux-headers-$release" Depends) ||
    fail "$suite has no linux-headers-$release." "try again later: the mirror is being updated."
  say "fetching the kernel $release and its headers ($(kernel_megabytes "$name") MB)"
  # shellcheck disable=SC2046
  suite_fetch "$suite" "$folder" "$image" "linux-headers-$release" $(kernel_dependencies "$dependencies")
}

# kernel_megabytes NAME: about what a series' packages weigh, for the message.
kernel_megabytes() {
  if [[ $1 == 6.1 ]]; then echo 85; else echo 125; fi
}

# kernel_collect FILE FOLDER: the packages beside an image package given by the user; parts of
# the headers that are not there come from the Debian suites.
kernel_collect() {
  local file=$1 folder=$2 beside release name found suite
  local -a wanted=()
  beside=$(dirname "$file")
  release=$(kernel_package_name "$file")
  release=${release#linux-image-}
  release=${release%-unsigned}
  mkdir -p "$folder"
  cp "$file" "$folder"
  found=$(kernel_find_beside "$beside" "linux-headers-$release")
  [[ -n $found ]] ||
    fail "linux-headers-$release is not beside $(basename "$file")." \
      "put linux-headers-${release}_VERSION_amd64.deb into $beside."
  cp "$found" "$folder"
  for name in $(kernel_dependencies "$(dpkg-deb -f "$found" Depends)"); do
    found=$(kernel_find_beside "$beside" "$name")
    if [[ -n $found ]]; then cp "$found" "$folder"; else wanted+=("$name"); fi
  done
  ((${#wanted[@]} > 0)) || return 0
  for suite in "$(kernel_suite 6.12)" "$(kernel_suite 6.1)"; do
    suite_open "$suite"
    if suite_field "$suite" "${wanted[0]}" Version >/dev/null; then
      suite_fetch "$suite" "$folder" "${wanted[@]}"
      return 0
    fi
  done
  fail "${wanted[*]} are neither beside $(basename "$file") nor in the mirror's suites." \
    "put their package files into $beside."
}

# kernel_package_name FILE: the Package field of a package file.
kernel_package_name() {
  dpkg-deb -f "$1" Package 2>/dev/null
}

# kernel_find_beside FOLDER PACKAGE: the package file there that holds PACKAGE, or nothing.
kernel_find_beside() {
  local file
  for file in "$1/$2"_*.deb "$1"/linux-*.deb; do
    if [[ -f $file && $(kernel_package_name "$file") == "$2" ]]; then
      printf '%s' "$file"
      return 0
    fi
  done
}

# kernel_finish FOLDER: turns unpacked packages into a kernel that boots and builds modules.
kernel_finish() {
  local folder=$1 debs=$2 image release headers
  local -a images=("$folder"/boot/vmlinuz-*)
  image=${images[0]}
  [[ -f $image ]] || fail "the kernel package holds no /boot/vmlinuz-*." "give a linux-image package."
  release=${image##*/vmlinuz-}
  headers=usr/src/linux-headers-$release
  [[ -d $folder/$headers ]] ||
    fail "the headers package is not that of $release." "put the matching linux-headers package there."
  # The one absolute path in Debian's headers: name the common part relative to this file, so
  # that the folder may lie anywhere.
  # shellcheck disable=SC2016
  sed -i 's,^include /usr/src/,include $(dir $(lastword $(MAKEFILE_LIST)))../,' "$folder/$headers/Makefile"
  bash "$setup_folder/vmlinux.sh" "$image" "$folder/vmlinux" ||
    fail "the ELF kernel could not be extracted from vmlinuz-$release." \
      "see the line above; Debian's own kernel packages are known to work."
  {
    printf 'release=%q\n' "$release"
    printf 'package=%q\n' "$(dpkg-deb -f "$debs"/linux-image-*.deb Version)"
    printf 'headers=%q\n' "$headers"
    if [[ -d $folder/usr/lib/modules/$release ]]; then
      printf 'stock_modules=%q\n' "usr/lib/modules/$release"
    else
      printf 'stock_modules=%q\n' "lib/modules/$release"
    fi
    printf 'compiler=%q\n' "$(kernel_compiler "$folder/boot/config-$release")"
  } >"$folder/kernel"
}

# kernel_compiler CONFIG: the compiler that built the kernel, as a command: "gcc-12".
kernel_compiler() {
  sed -n 's/^CONFIG_CC_VERSION_TEXT="\(.*\)"/\1/p' "$1" | grep -oE 'gcc(-[0-9]+)?' | sed -n 1p
}

# kernel_key NAME_OR_FILE: what a kernel is called in the cache folder.
kernel_key() {
  if [[ -f $1 ]]; then
    printf 'file-%s' "$(stat -L -c '%n %s %Y' "$(realpath "$1")" | sha256sum | cut -c 1-16)"
  else
    printf 'debian%s-%s' "$platform_release" "$1"
  fi
}

# kernel_check NAME_OR_FILE: refuses what cannot be a kernel, before anything is done.
kernel_check() {
  [[ $1 == 6.12 || $1 == 6.1 ]] && return 0
  [[ -f $1 ]] ||
    fail "--kernel $1 is neither a series (6.12, 6.1) nor a file." \
      "give 6.12, 6.1 or the path of a linux-image package file."
  [[ $1 == *.deb ]] ||
    fail "--kernel $1 is not a Debian package file." "give a linux-image-*.deb with its headers beside it."
}

# kernel_ensure NAME_OR_FILE: sets kernel_folder to the unpacked kernel, fetched if need be.
kernel_ensure() {
  local kernel=$1 key partial
  key=$(kernel_key "$kernel")
  kernel_folder="$cache_folder/kernels/$key"
  [[ ! -f $kernel_folder/kernel ]] || return 0
  partial="$cache_folder/kernels/.partial-$key"
  need_disk "$cache_folder" 900 "a kernel with its headers"
  if [[ -f $kernel ]]; then
    [[ $(kernel_package_name "$kernel") == linux-image-* ]] ||
      fail "$kernel is not a linux-image package." "give a linux-image-*.deb with its headers beside it."
    rm -rf "$partial"
    kernel_collect "$kernel" "$partial/debs"
  else
    kernel_fetch "$kernel" "$partial/debs"
  fi
  say "unpacking the kernel"
  rm -rf "$partial/root"
  unpack_all "$partial/debs" "$partial/root"
  kernel_finish "$partial/root" "$partial/debs"
  mv "$partial/root" "$kernel_folder"
  rm -rf "$partial"
}
