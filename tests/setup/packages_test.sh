#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Missing packages: listed, installed by one call of apt, and a sentence for what goes wrong.
# shellcheck source=tests/setup/harness.sh
source "$(dirname "${BASH_SOURCE[0]}")/harness.sh"

fake dpkg-query <<'END'
echo "cmake installed"
echo "removed-one config-files"
END
fake df <<'END'
printf 'Filesystem 1M-blocks Used Available\nx 0 0 %s\n' "${FREE_MB:-9000}"
END
# user 0|1000: who we are.
user() {
  fake id <<<"echo $1"
}
# apt_says STATUS TEXT: how apt-get install ends.
apt_says() {
  fake apt-get <<END
[[ " \$* " == *" install "* ]] || exit 0
echo "$2"
exit $1
END
}

user 0
apt_says 0 finished
accepted packages_install cmake
equal "nothing missing: apt is not called" 0 "$(called apt-get)"

accepted packages_install cmake g++ removed-one
holds "the list" "$output" "missing: g++ removed-one"
equal "one installation" 1 "$(grep -c '^apt-get .*install -y' "$calls")"
holds "what is installed" "$(grep install "$calls")" "--no-remove --no-install-recommends g++ removed-one"

apt_says 100 "Temporary failure resolving 'mirror.example'"
refused packages_install g++
holds "no network" "$output" "could not fetch the packages" "check the network" "what to do"

apt_says 100 "E: Could not get lock /var/lib/dpkg/lock-frontend"
refused packages_install g++
holds "apt is busy" "$output" "another program is installing packages" "wait until it is done"

apt_says 100 "The following packages will be REMOVED:
  busybox other
The following NEW packages will be installed:
  g++
E: Packages need to be removed but remove is disabled."
refused packages_install g++
holds "apt would remove" "$output" "  busybox other" "would have to remove the packages above" "which this set-up never does"
[[ $output != *"  g++"* ]] || equal "only what would go" "" "$output"

apt_says 100 "E: Sub-process returned an error code (1)"
refused packages_install g++
holds "anything else" "$output" "E: Sub-process returned" "could not install the packages"

FREE_MB=10 refused packages_install g++
holds "no disk" "$output" "10 MB are free" "free some space"

# Without root: sudo if there is one, else a sentence.
user 1000
apt_says 0 finished
: >"$calls"
fake sudo <<'END'
[[ $1 == -v ]] && exit 0
exec "$@"
END
accepted packages_install g++
holds "by sudo" "$(cat "$calls")" "sudo -v" "sudo env LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive apt-get"

: >"$calls"
fake sudo <<<'exit 1'
refused packages_install g++
holds "sudo refuses" "$output" "sudo refused" "as root, run: apt-get install --no-install-recommends g++"
equal "sudo refuses: apt is not called" 0 "$(called apt-get)"

rm "$scratch/bin/sudo"
for command in bash cat grep mkdir tail awk sed env date; do
  ln -sf "$(command -v "$command")" "$scratch/bin/$command"
done
PATH="$scratch/bin" refused packages_install g++
holds "no sudo" "$output" "needs root, and there is no sudo" "as root, run: apt-get install"

# The list itself.
listed=$(packages_wanted 13 1)
holds "Debian 13" "$listed" qemu-system-x86
[[ $listed != *libcapstone4* ]] || equal "Debian 13 has other libraries" "" "$listed"
equal "native needs no QEMU" "" "$(packages_wanted 13 0 | grep -E "qemu|cpio" || true)"
equal "the other busybox stays" "" "$(packages_wanted 12 1 | grep busybox || true)"
done_testing
