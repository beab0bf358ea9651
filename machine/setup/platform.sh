# SPDX-License-Identifier: GPL-2.0
# Which distribution this is, and whether the set-up knows it.
# shellcheck shell=bash

# platform_read: sets platform_name, platform_release (12, 13, or "" when
# the set-up does not know the system) and platform_codename.
# shellcheck disable=SC2034 # for those who source this
platform_read() {
  local file=${OSEXT_OS_RELEASE:-/etc/os-release} id version
  # shellcheck source=/dev/null
  platform_name=$(. "$file" 2>/dev/null && printf '%s' "${PRETTY_NAME:-${ID:-unknown}}") ||
    platform_name="an unknown system"
  # shellcheck source=/dev/null
  id=$(. "$file" 2>/dev/null && printf '%s' "${ID:-}") || id=""
  # shellcheck source=/dev/null
  version=$(. "$file" 2>/dev/null && printf '%s' "${VERSION_ID:-}") || version=""
  platform_release=""
  platform_codename=""
  case "$id:$version" in
    debian:12) platform_release=12 platform_codename=bookworm ;;
    debian:13) platform_release=13 platform_codename=trixie ;;
  esac
}

# platform_require: refuses everything but Debian 12 and 13 on x86-64.
platform_require() {
  local architecture=${OSEXT_ARCHITECTURE:-$(uname -m)}
  platform_read
  if [[ $architecture != x86_64 ]]; then
    fail "osext is about x86-64 and this computer is $architecture." \
      "use an x86-64 computer with Debian 12 or 13."
  fi
  if [[ -z $platform_release ]]; then
    fail "the set-up knows Debian 12 and Debian 13, and this is $platform_name." \
      "run osext in a Debian 12 or 13 machine, container or chroot (tests/fresh-machine makes one)."
  fi
}
