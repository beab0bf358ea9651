#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Which QEMU is used: a new enough one with plugins, and a sentence for every other.
# shellcheck source=tests/setup/harness.sh
source "$(dirname "${BASH_SOURCE[0]}")/harness.sh"

# qemu VERSION [PLUGIN_ANSWER]: a faked QEMU in PATH.
qemu() {
  fake qemu-system-x86_64 <<END
case "\$*" in
  --version) echo "QEMU emulator version $1 (Debian 1:$1+ds-1)" ;;
  *) echo "${2:-qemu: Could not load plugin /nonexistent/plugin.so}" >&2; exit 1 ;;
esac
END
}
fake apt-get <<<'echo "Could not resolve"; exit 100'
platform_release=13

qemu 10.0.2
accepted qemu_ensure
holds "what is recorded" "$(cat "$build_folder/qemu.json")" \
  "\"binary\": \"$scratch/bin/qemu-system-x86_64\"" '"version": "10.0.2"' '"package": "not a package'
qemu 11.1.0
accepted qemu_ensure
holds "a newer one" "$(cat "$build_folder/qemu.json")" '"version": "11.1.0"'

rm "$build_folder/qemu.json"
qemu 7.2.22
refused qemu_ensure
holds "an old one" "$output" "is QEMU 7.2.22, whose plugin interface is too old" "QEMU 10 or newer" "what to do"
qemu 10.0.2 "plugin interface not enabled in this build"
refused qemu_ensure
holds "without plugins" "$output" "was built without plugins"
fake qemu-system-x86_64 <<<'exit 127'
refused qemu_ensure
holds "a broken one" "$output" "does not run"
[[ ! -e $build_folder/qemu.json ]] || equal "nothing is recorded" "" "$(cat "$build_folder/qemu.json")"

# On Debian 12 an old one is left alone, and the new one is taken from the cache folder.
platform_release=12
qemu 10.0.2
mkdir -p "$cache_folder/qemu/usr/bin"
cp "$scratch/bin/qemu-system-x86_64" "$cache_folder/qemu/usr/bin"
echo 1:10.0.2+ds-1 >"$cache_folder/qemu/package"
qemu 7.2.22
: >"$calls"
accepted qemu_ensure
holds "beside an old one" "$(cat "$build_folder/qemu.json")" "\"binary\": \"$cache_folder/qemu/usr/bin" \
  "\"data\": \"$cache_folder/qemu/usr/share/qemu\""
equal "nothing is fetched" 0 "$(called apt-get)"

# A fetch that fails leaves nothing that looks finished.
rm -r "$cache_folder/qemu"
platform_codename=bookworm
fake df <<<'printf "x\nx 0 0 9000\n"'
refused qemu_ensure
holds "nothing to fetch from" "$output" "no Debian mirror is listed"
[[ ! -e $cache_folder/qemu ]] || equal "no half QEMU" "" "$(ls "$cache_folder/qemu")"

fake df <<<'printf "x\nx 0 0 100\n"'
refused qemu_ensure
holds "no disk" "$output" "QEMU needs 250 MB" "100 MB are free"
done_testing
