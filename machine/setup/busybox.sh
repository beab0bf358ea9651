# SPDX-License-Identifier: GPL-2.0
# The guest's shell: the static busybox of this Debian, taken out of its package. It is not
# installed, because its package and the other busybox of Debian replace each other.
# shellcheck shell=bash

# busybox_fetch FILE: unpacks it from this machine's own release into FILE.
busybox_fetch() {
  local file=$1 partial="$cache_folder/.partial-busybox"
  local -a programs
  need_disk "$cache_folder" 20 "busybox"
  suite_open "$platform_codename"
  say "fetching busybox for the guest (1 MB)"
  suite_fetch "$platform_codename" "$partial/debs" busybox-static
  rm -rf "$partial/root"
  unpack_all "$partial/debs" "$partial/root"
  mapfile -t programs < <(find "$partial/root" -type f -name busybox -perm -100)
  ((${#programs[@]} == 1)) ||
    fail "the package busybox-static of $platform_codename holds no program busybox." \
      "report this: the package has changed."
  mkdir -p "$(dirname "$file")"
  mv "${programs[0]}" "$file"
  rm -rf "$partial"
}

# busybox_ensure: puts it where machine/image/build.sh looks, fetched if need be.
busybox_ensure() {
  local file="$cache_folder/busybox/debian$platform_release"
  [[ -x $file ]] || busybox_fetch "$file"
  write_file "$build_folder/image/busybox" <"$file"
  chmod 755 "$build_folder/image/busybox"
}
