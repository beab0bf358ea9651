# SPDX-License-Identifier: GPL-2.0
# The programs of the guest's fat image: a shell, coreutils, tar, sqlite3, python3 and others,
# taken out of the packages of this Debian with the libraries they need. Nothing of it is installed.
# shellcheck shell=bash

fat_programs=(bash coreutils findutils gzip libpython3-stdlib mawk python3-minimal sqlite3 strace tar)

# fat_packages SUITE: these and the libraries they need, one a line. apt resolves them for a
# machine that has nothing; what it adds beside libraries serves installing, not running.
# libc6 stays out: the image holds the loader and the C library of this very machine.
fat_packages() {
  local options
  mapfile -t options < <(suite_options "$1")
  apt-get "${options[@]}" install --simulate --no-install-recommends "${fat_programs[@]}" 2>/dev/null |
    awk -v wanted=" ${fat_programs[*]} " '
      $1 == "Inst" && $2 != "libc6" &&
        (index(wanted, " " $2 " ") || $2 ~ /^(lib|zlib)/ || $2 ~ /^python3[.0-9]*-minimal$/) { print $2 }'
}

# fat_arrange FOLDER: keeps what programs need to run, in the layout of a merged /usr (packages
# of Debian 12 still have both), and makes the one name that only an installation would make.
fat_arrange() {
  local folder=$1 name
  (
    cd "$folder" || exit 1
    for name in bin lib lib64 sbin; do
      if [[ -d $name && ! -L $name ]]; then
        mkdir -p "usr/$name"
        cp -a "$name/." "usr/$name/"
        rm -r "$name"
      fi
      mkdir -p "usr/$name"
      ln -sfn "usr/$name" "$name"
    done
    ln -sfn mawk usr/bin/awk
    rm -rf usr/share usr/include usr/games etc var
  )
}

# fat_missing FOLDER: the programs whose file, or whose library, is not there. Only libraries of
# the package libc6 may be this machine's own.
fat_missing() {
  local folder=$1 name loader=/lib64/ld-linux-x86-64.so.2
  for name in bash awk find gzip python3 sqlite3 strace tar sort sha256sum; do
    if [[ ! -x $folder/usr/bin/$name ]]; then
      echo "$name"
      continue
    fi
    [[ $(head -c 4 "$folder/usr/bin/$name" | tr -d '\0') == $'\177ELF' ]] || continue
    "$loader" --library-path "$folder/usr/lib/x86_64-linux-gnu" --list "$folder/usr/bin/$name" 2>&1 |
      awk -v name="$name" -v folder="$folder/" '
        function missing(library) { print library " (for " name ")" }
        sub(/.*error while loading shared libraries: /, "") { sub(/:.*/, ""); missing($0); next }
        /not found|error/ { missing($1); next }
        $2 == "=>" && index($3, folder) != 1 && $1 !~ /^lib(c|m|dl|rt|pthread|util|resolv)\.so/ { missing($1) }' || true
  done
}

# fat_fetch FOLDER: unpacks them from this machine's own release into FOLDER.
fat_fetch() {
  local folder=$1 partial="$cache_folder/.partial-fat" missing
  local -a packages
  need_disk "$cache_folder" 150 "the fat image"
  suite_open "$platform_codename"
  mapfile -t packages < <(fat_packages "$platform_codename")
  ((${#packages[@]} > ${#fat_programs[@]})) ||
    fail "apt cannot resolve the packages of the fat image in $platform_codename." \
      "check that the mirror carries: ${fat_programs[*]}."
  say "fetching programs for the fat image (${#packages[@]} packages, 20 MB)"
  suite_fetch "$platform_codename" "$partial/debs" "${packages[@]}"
  rm -rf "$partial/root"
  unpack_all "$partial/debs" "$partial/root"
  fat_arrange "$partial/root"
  missing=$(fat_missing "$partial/root")
  [[ -z $missing ]] ||
    fail "the packages of the fat image lack: ${missing//$'\n'/, }." \
      "report this: the packages have changed."
  ls "$partial/debs" >"$partial/packages"
  rm -rf "$folder"
  mkdir -p "$folder"
  mv "$partial/packages" "$folder/packages"
  mv "$partial/root" "$folder/root"
  rm -rf "$partial"
}

# fat_ensure: puts a link to them where machine/image looks, fetched if need be.
fat_ensure() {
  local folder="$cache_folder/fat/debian$platform_release"
  [[ -d $folder/root ]] || fat_fetch "$folder"
  mkdir -p "$build_folder/image"
  ln -sfn "$folder/root" "$build_folder/image/fat"
}
