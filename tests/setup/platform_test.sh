#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Debian 12 and 13 on x86-64 are known, everything else is refused with a sentence.
# shellcheck source=tests/setup/harness.sh
source "$(dirname "${BASH_SOURCE[0]}")/harness.sh"

# system ID VERSION NAME
system() {
  printf 'ID=%s\nVERSION_ID="%s"\nPRETTY_NAME="%s"\n' "$1" "$2" "$3" >"$scratch/os-release"
}
export OSEXT_OS_RELEASE="$scratch/os-release" OSEXT_ARCHITECTURE=x86_64

system debian 12 "Debian GNU/Linux 12 (bookworm)"
accepted platform_require
platform_read
equal "codename of 12" bookworm "$platform_codename"

system debian 13 "Debian GNU/Linux 13 (trixie)"
accepted platform_require
platform_read
equal "codename of 13" trixie "$platform_codename"

for version in 11 14 ""; do
  system debian "$version" "Debian $version"
  refused platform_require
  holds "another Debian" "$output" "Debian 12 and Debian 13" "this is Debian $version" "what to do"
done
system ubuntu 24.04 "Ubuntu 24.04 LTS"
refused platform_require
holds "another distribution" "$output" "this is Ubuntu 24.04 LTS" "what to do"

rm "$scratch/os-release"
refused platform_require
holds "no os-release" "$output" "an unknown system"

system debian 12 "Debian GNU/Linux 12 (bookworm)"
OSEXT_ARCHITECTURE=aarch64 refused platform_require
holds "another processor" "$output" "x86-64" "aarch64"
done_testing
