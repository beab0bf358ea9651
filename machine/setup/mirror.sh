# SPDX-License-Identifier: GPL-2.0
# Finds the mirror of the Debian archive that this machine itself uses, so that no mirror's
# name stands in the project. apt is asked for its own view of its sources: it understands
# every form they may have.
# shellcheck shell=bash

# mirror_signed_by FILE NUMBER: the Signed-By field of that entry of a sources file, as the
# lines of a deb822 field without its name; nothing when the entry has none.
mirror_signed_by() {
  local file=$1 number=$2
  if [[ $file == *.sources ]]; then
    grep -v '^#' "$file" | awk -v RS= -v n="$number" 'NR == n' | awk '
      tolower($0) ~ /^signed-by:/ { sub(/^[^:]*:[ \t]*/, ""); print; inside = 1; next }
      inside && /^[ \t]/ { print; next }
      { inside = 0 }'
  else
    sed -n "${number}s/.*signed-by=\([^] ]*\).*/\1/p" "$file" | tr ',' ' '
  fi
}

# mirror_candidates CODENAME [APT_OPTION...]: the addresses that may be the Debian archive, best
# first, as "ADDRESS<TAB>SOURCES_FILE:ENTRY"; those that say they are come first, then
# those whose address looks like it. Security and update suites and third parties' suites have
# other names; third parties that use Debian's names are found out by their signature later.
mirror_candidates() {
  local codename=$1
  shift
  # shellcheck disable=SC2016
  apt-get "$@" indextargets --format '$(ORIGIN)|$(REPO_URI)|$(SOURCESENTRY)|$(RELEASE)|$(COMPONENT)' \
    'Created-By: Packages' 2>/dev/null |
    awk -F '|' -v codename="$codename" '
      $5 != "main" || ($4 != codename && $4 != "stable" && $4 != "oldstable") { next }
      $1 == "Debian" { rank = 1 }
      $1 != "Debian" { rank = $1 !~ /ORIGIN/ && $1 != "" ? 3 : ($2 ~ /\/debian\/?$/ ? 2 : 3) }
      !seen[$2]++ { printf "%d\t%s\t%s\n", rank, $2, $3 }' |
    sort -s -n -k 1,1 | cut -f 2-
}
