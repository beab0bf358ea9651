# SPDX-License-Identifier: GPL-2.0
# Installs, with one call of apt, the Debian packages that are missing.
# shellcheck shell=bash

# packages_wanted RELEASE WITH_MACHINE(0|1): the names of packages.txt that apply, one a line.
packages_wanted() {
  awk -v release="$1" -v machine="$2" '
    /^#/ || NF == 0 { next }
    $2 != "any" && $2 != release { next }
    $3 == "machine" && machine != 1 { next }
    { print $1 }' "$setup_folder/packages.txt"
}

# packages_missing NAME...: those that are not installed, one a line.
packages_missing() {
  local -A installed=()
  local name status
  while read -r name status; do
    [[ $status == installed ]] && installed[$name]=1
  done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
  for name in "$@"; do
    [[ -n ${installed[$name]:-} ]] || printf '%s\n' "$name"
  done
}

# packages_explain LOG NAME...: turns a failed apt call into a sentence and ends the set-up.
packages_explain() {
  local log=$1
  shift
  if grep -q "remove is disabled" "$log"; then
    sed -n "/will be REMOVED/,/^[^ ]/p" "$log" | grep "^ " >&2 || true
    fail "apt would have to remove the packages above, which this set-up never does." \
      "decide yourself; as root, run: apt-get install --no-install-recommends $*"
  elif grep -qE 'Could not get lock|Unable to (acquire|lock)' "$log"; then
    fail "another program is installing packages and did not finish in time." \
      "wait until it is done, then run this command again."
  elif grep -qE 'resolving|resolve|Unable to connect|Could not connect|Failed to fetch|Network is unreachable|Unable to locate package|no installation candidate' "$log"; then
    fail "apt could not fetch the packages from this machine's mirror." \
      "check the network and the files in /etc/apt, try \`apt-get update\`, then run this command again (log: $log)."
  elif grep -qE 'No space left|enough free space' "$log"; then
    fail "the disk is full." "free some space, then run this command again."
  fi
  tail -n 15 "$log" >&2
  fail "apt could not install the packages (its last lines are above)." \
    "repair what apt complains about, then run this command again (log: $log)."
}

# packages_install NAME...: lists what is missing and installs it; as root or through sudo.
packages_install() {
  local log="$build_folder/logs/apt.log" missing
  mapfile -t missing < <(packages_missing "$@")
  ((${#missing[@]} > 0)) || return 0

  say "these packages are missing: ${missing[*]}"
  local apt=(env LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120
    -o Acquire::Retries=2 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30)
  if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null ||
      fail "installing them needs root, and there is no sudo here." \
        "as root, run: apt-get install --no-install-recommends ${missing[*]}"
    say "installing them by sudo, which may ask for your password"
    sudo -v ||
      fail "sudo refused." \
        "as root, run: apt-get install --no-install-recommends ${missing[*]}"
    apt=(sudo "${apt[@]}")
  fi
  need_disk / 1500 "installing packages"
  say "installing them from this machine's mirror"
  # An update that only partly succeeds may do; what counts is that the installation works.
  run_quietly "$log.update" "${apt[@]}" update || true
  if ! run_quietly "$log.install" "${apt[@]}" install -y --no-remove --no-install-recommends "${missing[@]}"; then
    cat "$log.update" "$log.install" >"$log"
    packages_explain "$log" "${missing[@]}"
  fi
}
