# SPDX-License-Identifier: GPL-2.0
# Finds the mirror of the Debian archive that this machine itself uses, so that no mirror's
# name stands in the project. apt is asked what it would read: it understands every form that
# sources may have.
# shellcheck shell=bash

# Options for apt that name other sources than the machine's; for tests.
mirror_options=()

# mirror_candidates CODENAME: the addresses that may be the Debian archive, one a line, those
# that look like it first. Security and update suites and most third parties' suites have other
# names; a third party that uses Debian's is found out later, because Debian's key did not sign it.
mirror_candidates() {
  local codename=$1 nothing
  # With no list read yet, apt names every file of every source.
  nothing=$(mktemp -d)
  mkdir "$nothing/partial"
  apt-get "${mirror_options[@]}" -o "Dir::State::Lists=$nothing" update --print-uris 2>/dev/null |
    sed -nE "s,^'(.*)/dists/($codename|stable|oldstable)/main/binary-amd64/Packages.*,\\1,p" |
    awk '!seen[$0]++ { printf "%d\t%s\n", $0 ~ /\/debian$|^mirror/ ? 1 : 2, $0 }' |
    sort -s -n -k 1,1 | cut -f 2
  rm -r "$nothing"
}

# mirror_signed_by ADDRESS: the Signed-By of the first source with that address, in the form of
# a deb822 field's value (a key may stand in it); nothing when the sources name none.
mirror_signed_by() {
  local address=$1 list="" parts="" file
  eval "$(apt-config "${mirror_options[@]}" shell list Dir::Etc::SourceList/f parts Dir::Etc::SourceParts/d)"
  for file in "$list" "${parts%/}"/*.list; do
    [[ -f $file ]] || continue
    grep -E '^[[:space:]]*deb[[:space:]]' "$file" | grep -F " $address" |
      sed -nE 's/.*signed-by=([^] ]*).*/\1/p' | tr ',' ' '
  done | sed -n 1p
  for file in "${parts%/}"/*.sources; do
    [[ -f $file ]] || continue
    grep -v '^#' "$file" | awk -v RS= -v address="$address" '
      index($0, " " address) || index($0, "\t" address) {
        count = split($0, lines, "\n")
        for (i = 1; i <= count; i++) {
          if (tolower(lines[i]) ~ /^signed-by:/) {
            sub(/^[^:]*:[ \t]*/, "", lines[i])
            inside = 1
          } else if (lines[i] !~ /^[ \t]/) {
            inside = 0
          }
          if (inside) print lines[i]
        }
        exit
      }'
  done
}
