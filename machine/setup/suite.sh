# SPDX-License-Identifier: GPL-2.0
# Fetches packages from a Debian suite through private apt lists in the cache folder: the
# machine need not list the suite, its own sources are not touched, and no root is needed.
# shellcheck shell=bash

# suite_options SUITE: apt's options for the private lists of SUITE, one a line.
suite_options() {
  local folder="$cache_folder/apt/$1"
  printf '%s\n' -q \
    -o "Dir::Etc::SourceList=/dev/null" -o "Dir::Etc::SourceParts=$folder/sources" \
    -o "Dir::State::Lists=$folder/lists" -o "Dir::State::Status=$folder/status" \
    -o "Dir::Cache=$folder/cache" -o "APT::Sandbox::User=root" \
    -o "Acquire::Languages=none" -o "Acquire::Retries=2" \
    -o "Acquire::http::Timeout=30" -o "Acquire::https::Timeout=30" \
    -o "APT::Default-Release=$1"
}

# suite_write_source SUITE ADDRESS: the private source of SUITE.
suite_write_source() {
  local folder="$cache_folder/apt/$1" signed_by
  signed_by=$(mirror_signed_by "$2")
  mkdir -p "$folder/sources" "$folder/lists/partial" "$folder/cache/archives/partial"
  : >"$folder/status"
  write_file "$folder/sources/osext.sources" <<END
Types: deb
URIs: $2
Suites: $1
Components: main
Signed-By: ${signed_by:-/usr/share/keyrings/debian-archive-keyring.gpg}
END
}

# suite_open SUITE: makes the private lists of SUITE current, once in a set-up.
suite_open() {
  local suite=$1 log="$build_folder/logs/apt-$1.log" address="" options
  [[ -z ${suite_opened[$suite]:-} ]] || return 0
  mapfile -t options < <(suite_options "$suite")
  say "reading the package list of $suite"
  rm -f "$log"
  while read -r address; do
    suite_write_source "$suite" "$address"
    if run_quietly "$log" apt-get "${options[@]}" -o APT::Update::Error-Mode=any update; then
      suite_opened[$suite]=1
      return 0
    fi
  done < <(mirror_candidates "$platform_codename")
  [[ -s $log ]] ||
    fail "no Debian mirror is listed in /etc/apt (suite $platform_codename, component main)." \
      "add the Debian archive to /etc/apt/sources.list, then run this command again."
  fail "the mirror of this machine did not deliver the package list of $suite." \
    "check the network and that the mirror carries $suite, then run this command again (log: $log)."
}
declare -A suite_opened=()

# suite_field SUITE PACKAGE FIELD: that field of the package's newest version; fails if absent.
suite_field() {
  local options
  mapfile -t options < <(suite_options "$1")
  apt-cache "${options[@]}" show --no-all-versions "$2" 2>/dev/null |
    awk -v field="$3:" '$1 == field { $1 = ""; print substr($0, 2); found = 1; exit }
      END { exit !found }'
}

# suite_fetch SUITE FOLDER PACKAGE...: downloads the packages into FOLDER. apt checks them
# against the suite's signature; what an interrupted call left there is completed or replaced,
# and other versions, left by a call that was interrupted long ago, are removed.
suite_fetch() {
  local suite=$1 folder=$2 log="$build_folder/logs/apt-$1.log" options expected file
  shift 2
  mkdir -p "$folder"
  mapfile -t options < <(suite_options "$suite")
  expected=$(apt-get "${options[@]}" download --print-uris "$@" 2>/dev/null | awk '{ print $2 }')
  for file in "$folder"/*.deb; do
    grep -qxF "${file##*/}" <<<"$expected" || rm -f "$file"
  done
  if ! (cd "$folder" && run_quietly "$log" apt-get "${options[@]}" download "$@"); then
    tail -n 5 "$log" >&2
    fail "fetching $* from $suite did not work (apt's last lines are above)." \
      "check the network, then run this command again: it goes on where it stopped (log: $log)."
  fi
}

# unpack_all FROM_FOLDER TO_FOLDER: the contents of every package file there.
unpack_all() {
  local package
  for package in "$1"/*.deb; do
    dpkg-deb -x "$package" "$2" ||
      fail "$(basename "$package") could not be unpacked." \
        "remove $1, see that the disk has space, then run this command again."
  done
}
