# SPDX-License-Identifier: GPL-2.0
# QEMU >= 10 with plugins (plugin interface 4): the one in PATH if it will do, else the one
# of Debian 12's backports, unpacked into the cache folder beside whatever is installed.
# shellcheck shell=bash

qemu_needed=10

# qemu_version BINARY: "10.0.2", or nothing when it does not run.
qemu_version() {
  "$1" --version 2>/dev/null | sed -n '1s/.*version \([0-9][0-9.]*\).*/\1/p'
}

# qemu_has_plugins BINARY: whether it was built with plugins; one without does not even look
# for the file it is told to load.
qemu_has_plugins() {
  local answer
  answer=$("$1" -machine none -display none -plugin file=/nonexistent/plugin.so 2>&1 </dev/null || true)
  [[ $answer == *"Could not load plugin"* ]]
}

# qemu_reject BINARY: prints why BINARY will not do; nothing when it will.
qemu_reject() {
  local version
  version=$(qemu_version "$1")
  if [[ -z $version ]]; then
    printf '%s does not run' "$1"
  elif ((${version%%.*} < qemu_needed)); then
    printf '%s is QEMU %s, whose plugin interface is too old (QEMU %s or newer is needed)' \
      "$1" "$version" "$qemu_needed"
  elif ! qemu_has_plugins "$1"; then
    printf '%s was built without plugins' "$1"
  fi
}

# qemu_fetch: unpacks QEMU from the backports of Debian 12 into the cache folder.
qemu_fetch() {
  local suite=bookworm-backports partial="$cache_folder/.partial-qemu" missing
  need_disk "$cache_folder" 250 "QEMU"
  suite_open "$suite"
  say "fetching QEMU $(suite_field "$suite" qemu-system-x86 Version) (13 MB)"
  suite_fetch "$suite" "$partial/debs" qemu-system-x86 qemu-system-common qemu-system-data seabios
  rm -rf "$partial/root"
  unpack_all "$partial/debs" "$partial/root"
  missing=$(ldd "$partial/root/usr/bin/qemu-system-x86_64" | awk '/not found/ { print $1 }')
  [[ -z $missing ]] ||
    fail "QEMU lacks these libraries here: ${missing//$'\n'/ }." \
      "install the Debian packages that hold them, then run this command again."
  # The firmware lies in two folders there: one is enough for QEMU's -L then.
  ln -s ../seabios/* "$partial/root/usr/share/qemu/"
  suite_field "$suite" qemu-system-x86 Version >"$partial/root/package"
  mv "$partial/root" "$cache_folder/qemu"
  rm -rf "$partial"
}

# qemu_use BINARY DATA PACKAGE: writes build/qemu.json.
qemu_use() {
  write_file "$build_folder/qemu.json" <<END
{"binary": $(json_string "$1"), "data": $(json_string "$2"), "version": $(json_string "$(qemu_version "$1")"), "package": $(json_string "$3")}
END
}

# qemu_ensure: chooses, fetches if need be, and records the QEMU to use.
qemu_ensure() {
  local own reason="" unpacked="$cache_folder/qemu/usr/bin/qemu-system-x86_64" package
  own=$(command -v qemu-system-x86_64 || true)
  if [[ -n $own ]]; then
    reason=$(qemu_reject "$own")
    if [[ -z $reason ]]; then
      package=$(dpkg-query -W -f '${Version}' qemu-system-x86 2>/dev/null || true)
      dpkg-query -S "$own" >/dev/null 2>&1 || package="not a package: $own"
      qemu_use "$own" "$(dirname "$(dirname "$own")")/share/qemu" "$package"
      return 0
    fi
  fi
  if [[ $platform_release != 12 ]]; then
    fail "${reason:-there is no qemu-system-x86_64 in PATH}." \
      "remove it from PATH, or install the package qemu-system-x86 of this Debian."
  fi
  if [[ ! -x $unpacked ]]; then
    [[ -z $reason ]] || say "$reason: unpacking a newer one beside it"
    qemu_fetch
  fi
  reason=$(qemu_reject "$unpacked")
  [[ -z $reason ]] || fail "$reason." "remove $cache_folder/qemu and run this command again."
  qemu_use "$unpacked" "$cache_folder/qemu/usr/share/qemu" "$(cat "$cache_folder/qemu/package")"
}
