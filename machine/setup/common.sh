# SPDX-License-Identifier: GPL-2.0
# What every set-up file uses: where things lie, how the user is spoken to, disk, locks.
# Sourced by setup.sh and preflight.sh; defines functions only, apart from the three folders.
# shellcheck shell=bash
set -euo pipefail

setup_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
tree_folder=$(cd "$setup_folder/../.." && pwd -P)
# shellcheck disable=SC2034
build_folder="$tree_folder/build"
# shellcheck disable=SC2034
cache_folder="${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/osext"

# say TEXT: one line of progress.
say() {
  printf 'set-up: %s\n' "$1" >&2
}

# fail WHAT REMEDY: says both and ends the set-up; whatever was finished stays usable.
fail() {
  printf 'set-up stopped: %s\n  what to do: %s\n' "$1" "$2" >&2
  exit 1
}

# need_disk FOLDER MEGABYTES WHAT: refuses before anything is written.
need_disk() {
  local folder=$1 need=$2 what=$3 free
  mkdir -p "$folder" 2>/dev/null ||
    fail "cannot create $folder." "make it writable, or set XDG_CACHE_HOME to a folder that is."
  free=$(df -Pm "$folder" | awk 'NR == 2 { print $4 }')
  if ((free < need)); then
    fail "$what needs $need MB in $folder, and $free MB are free." \
      "free some space there, or set XDG_CACHE_HOME to a folder on a larger disk."
  fi
}

# run_quietly LOG COMMAND...: the command's output goes to LOG; returns the command's status.
run_quietly() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null
}

# hold_lock FILE: waits until no other set-up works on the same folder; held until exit, or until
# release_lock gives the last one back.
hold_lock() {
  local file=$1 descriptor
  mkdir -p "$(dirname "$file")" 2>/dev/null ||
    fail "cannot create $(dirname "$file")." "make its parent folder writable."
  exec {descriptor}>"$file"
  if ! flock -n "$descriptor"; then
    say "another set-up is at work on $(dirname "$file"): waiting for it"
    flock "$descriptor"
  fi
  held_lock=$descriptor
}

release_lock() {
  exec {held_lock}>&-
}

# json_string TEXT: TEXT as a JSON string, with its quotes.
json_string() {
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

# write_file FILE: standard input becomes FILE in one step; an equal FILE is not touched.
write_file() {
  local file=$1 temporary="$1.partial"
  mkdir -p "$(dirname "$file")"
  cat >"$temporary"
  if cmp -s "$temporary" "$file"; then
    rm "$temporary"
  else
    mv "$temporary" "$file"
  fi
}
