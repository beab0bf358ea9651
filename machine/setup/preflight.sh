#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# preflight.sh [--raw]: the part of `--doctor` that needs nothing but what a fresh machine has:
# can the set-up do its work here? Changes nothing. --raw prints fields for osext's own
# doctor: LEVEL<TAB>NAME<TAB>STATE<TAB>CONSEQUENCE<TAB>REMEDY, with LEVEL good, limited or bad.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=machine/setup/common.sh
source "$here/common.sh"
# shellcheck source=machine/setup/platform.sh
source "$here/platform.sh"
# shellcheck source=machine/setup/packages.sh
source "$here/packages.sh"
# shellcheck source=machine/setup/mirror.sh
source "$here/mirror.sh"

# line LEVEL NAME STATE CONSEQUENCE [REMEDY]
line() {
  printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" "${5:-}"
}

distribution_line() {
  if [[ -n $platform_release ]]; then
    line good distribution "$platform_name" "the set-up knows it"
  else
    line bad distribution "$platform_name" "the set-up refuses it" \
      "use Debian 12 or 13: a machine, a container or a chroot"
  fi
}

processor_line() {
  local model count
  model=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | sed -n 1p)
  count=$(nproc)
  if [[ $(uname -m) != x86_64 ]]; then
    line bad processor "$(uname -m)" "osext is about x86-64" "use an x86-64 computer"
  elif ((count < 2)); then
    line limited processor "${model:-x86-64}, 1 CPU" "experiments run one after the other" "give it 2 CPUs"
  else
    line good processor "${model:-x86-64}, $count CPUs" "experiments run side by side"
  fi
}

memory_line() {
  local megabytes
  megabytes=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
  if ((megabytes < 2000)); then
    line bad memory "$megabytes MB available" "two simulated machines need 2000 MB" "close programs"
  else
    line good memory "$megabytes MB available" "two simulated machines need 2000 MB"
  fi
}

# An existing folder at or above the given one, for df.
existing() {
  local folder=$1
  while [[ ! -d $folder ]]; do folder=$(dirname "$folder"); done
  printf '%s' "$folder"
}

disk_line() {
  local cache tree
  cache=$(df -Pm "$(existing "$cache_folder")" | awk 'NR == 2 { print $4 }')
  tree=$(df -Pm "$tree_folder" | awk 'NR == 2 { print $4 }')
  if ((cache < 2500 || tree < 2500)); then
    line bad disk "$cache MB free for the cache, $tree MB for the checkout" \
      "QEMU, kernels, build and results need 2500 MB" \
      "free some space, or set XDG_CACHE_HOME to a folder on a larger disk"
  else
    line good disk "$cache MB free for the cache, $tree MB for the checkout" \
      "QEMU, kernels, build and results need 2500 MB"
  fi
}

# Asks the mirror for one small file, through apt, which knows proxies and credentials.
mirror_line() {
  local address file
  address=$(mirror_candidates "$platform_codename" | sed -n 1p)
  if [[ -z $address ]]; then
    line bad mirror "none in /etc/apt" "nothing can be fetched" "add the Debian archive to /etc/apt/sources.list"
    return 0
  fi
  file=$(mktemp)
  if timeout 15 /usr/lib/apt/apt-helper -o Acquire::Retries=0 -o APT::Sandbox::User=root \
    download-file "${address%/}/dists/$platform_codename/InRelease" "$file" >/dev/null 2>&1 && [[ -s $file ]]; then
    line good mirror "answers" "packages, QEMU and kernels can be fetched"
  else
    line limited mirror "no answer within 15 s" "only what was fetched before can be used" \
      "check the network and the files in /etc/apt"
  fi
  rm -f "$file"
}

packages_line() {
  local wanted missing
  mapfile -t wanted < <(packages_wanted "$platform_release" 1)
  mapfile -t missing < <(packages_missing "${wanted[@]}")
  if ((${#missing[@]} == 0)); then
    line good packages "all installed" "no root needed"
  elif [[ $(id -u) == 0 ]]; then
    line good packages "${#missing[@]} missing" "the set-up installs them (you are root)"
  elif command -v sudo >/dev/null; then
    line good packages "${#missing[@]} missing" "the set-up installs them by sudo, which may ask for your password"
  else
    line bad packages "${#missing[@]} missing, neither root nor sudo" "the set-up stops" \
      "as root: apt-get install --no-install-recommends ${missing[*]}"
  fi
}

preflight() {
  platform_read
  distribution_line
  processor_line
  memory_line
  disk_line
  if [[ -n $platform_release ]]; then
    mirror_line
    packages_line
  fi
}

# pretty: the same form as osext's own doctor (machine/doctor/text.cpp).
pretty() {
  local level name state consequence remedy status=0
  while IFS=$'\t' read -r level name state consequence remedy; do
    printf '%-7s  %-12s  ' "$level" "$name"
    printf '%s: %s\n' "$state" "$consequence" | fold -s -w 77 | sed '2,$s/^/                       /'
    [[ -z $remedy ]] || printf -- '-> %s\n' "$remedy" | fold -s -w 77 | sed 's/^/                       /'
    [[ $level != bad ]] || status=1
  done
  return $status
}

if [[ ${1:-} == --raw ]]; then
  preflight
  exit 0
fi
echo "osext is not built here yet; this is what its set-up will find:"
status=0
preflight | pretty || status=$?
cat <<'END'
QEMU, kernels, KVM, performance counters and module loading are examined once osext is
built: `benchmarks/all --list` installs what is missing and builds it.
END
exit $status
