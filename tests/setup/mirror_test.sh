#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The mirror of the Debian archive is found in every form a machine's sources may have.
# shellcheck source=tests/setup/harness.sh
source "$(dirname "${BASH_SOURCE[0]}")/harness.sh"

# sources: an empty set of sources, to which a case adds its own.
sources() {
  rm -rf "$scratch/apt"
  mkdir -p "$scratch/apt/parts"
  : >"$scratch/apt/sources.list"
}
mirror_options=(-o "Dir::Etc::SourceList=$scratch/apt/sources.list" -o "Dir::Etc::SourceParts=$scratch/apt/parts")

# first CODENAME: the address that is tried first.
first() {
  mirror_candidates "$1" | sed -n 1p
}

sources
echo "deb http://mirror.example/debian bookworm main contrib" >"$scratch/apt/sources.list"
equal "one line" http://mirror.example/debian "$(first bookworm)"
equal "another release" "" "$(first trixie)"

sources
cat >"$scratch/apt/sources.list" <<'END'
# deb http://commented.example/debian bookworm main
deb http://security.example/debian-security bookworm-security main
deb [arch=amd64 signed-by=/usr/share/keyrings/own.gpg] https://mirror.example/debian/ bookworm main
deb http://mirror.example/debian bookworm-updates main
END
equal "options, security and updates" https://mirror.example/debian "$(first bookworm)"
equal "only one candidate" 1 "$(mirror_candidates bookworm | wc -l)"
equal "its key" /usr/share/keyrings/own.gpg "$(mirror_signed_by "$(first bookworm)")"

sources
cat >"$scratch/apt/parts/debian.sources" <<'END'
# the archive
Types: deb
URIs: http://security.example/debian-security
Suites: trixie-security
Components: main
Signed-By: /usr/share/keyrings/security.gpg

Types: deb deb-src
URIs: http://mirror.example/debian
Suites: trixie trixie-updates
Components: main non-free-firmware
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEZWmPnw==
 -----END PGP PUBLIC KEY BLOCK-----
END
equal "deb822" http://mirror.example/debian "$(first trixie)"
holds "an embedded key" "$(mirror_signed_by "$(first trixie)")" "-----BEGIN PGP" " mDMEZWmPnw=="

# Third parties that use Debian's suite and component names come last.
sources
echo "deb https://apt.tool.example bookworm main" >"$scratch/apt/parts/a-tool.list"
echo "deb https://download.tool.example/linux/debian bookworm stable" >"$scratch/apt/parts/b-tool.list"
printf 'Types: deb\nURIs: http://mirror.example/debian/\nSuites: bookworm\nComponents: main\n' >"$scratch/apt/parts/z.sources"
equal "third parties" http://mirror.example/debian "$(first bookworm)"
equal "both are candidates" 2 "$(mirror_candidates bookworm | wc -l)"

sources
printf 'Types: deb\nURIs: mirror+file:/etc/apt/mirrors/debian.list\nSuites: trixie\nComponents: main\n' >"$scratch/apt/parts/cloud.sources"
equal "a list of mirrors" mirror+file:/etc/apt/mirrors/debian.list "$(first trixie)"
equal "which names no key" "" "$(mirror_signed_by "$(first trixie)")"

sources
echo "deb http://mirror.example/debian stable main" >"$scratch/apt/sources.list"
equal "a suite by its role" http://mirror.example/debian "$(first trixie)"

sources
equal "no source" "" "$(first bookworm)"
fake apt-get <<'END'
exit 100
END
platform_codename=bookworm
refused suite_open bookworm-backports
holds "no source" "$output" "no Debian mirror is listed" "what to do"
done_testing
