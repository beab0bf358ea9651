# SPDX-License-Identifier: GPL-2.0
# Builds the tree's kernel modules against a kernel's headers, out of tree and with the
# compiler that built the kernel, into build/modules/<kernel>/. Equal sources give equal
# bytes wherever the checkout lies.
# shellcheck shell=bash

# modules_folders: the folders of the tree that hold a module, relative to it.
modules_folders() {
  local folder
  for folder in "$tree_folder"/kmod_* "$tree_folder"/machine/nic "$tree_folder"/uls/kmod "$tree_folder"/tests/*/kmod_*; do
    [[ ! -f $folder/Kbuild ]] || printf '%s\n' "${folder#"$tree_folder"/}"
  done
}

# modules_fingerprint FOLDER...: a digest of everything a module depends on.
modules_fingerprint() {
  (
    cd "$tree_folder" || exit 1
    printf '%s\n' "$kernel_folder" "$("$compiler" --version | sed -n 1p)" "$(pahole --version)"
    cat "$kernel_folder/kernel"
    find "$@" include machine/setup/{modules,btf}.sh -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
  ) | sha256sum
}

# modules_build_one FOLDER OBJECTS LOG: compiles the module of FOLDER in a copy under OBJECTS,
# because the kernel's build leaves its products beside the sources.
modules_build_one() {
  local folder=$1 objects=$2 log=$3
  mkdir -p "$objects/$folder"
  cp -R "$tree_folder/$folder/." "$objects/$folder/"
  # BTF is added where it is wanted (btf.sh): the kernel's own way asks for a pahole of its version.
  run_quietly "$log" make -C "$kernel_folder/$headers" M="$objects/$folder" CC="$compiler" \
    KCPPFLAGS="-I$tree_folder/include -ffile-prefix-map=$tree_folder/= -ffile-prefix-map=$kernel_folder/= -ffile-prefix-map=$objects/=" \
    CONFIG_DEBUG_INFO_BTF_MODULES= KBUILD_BUILD_TIMESTAMP=0 modules || {
    grep -E 'error|Error|warning' "$log" | head -n 20 >&2 || tail -n 20 "$log" >&2
    fail "the module of $folder does not build for ${kernel_folder##*/} (see above)." \
      "if you changed it, repair it; else report this (log: $log)."
  }
}

# modules_build NAME: builds every module for the kernel in kernel_folder and records both in
# build/modules/NAME/. Needs kernel_ensure before it.
modules_build() {
  local name=$1 release package headers stock_modules compiler target objects fingerprint file resolver
  local -a folders products
  # shellcheck source=/dev/null
  source "$kernel_folder/kernel"
  command -v "$compiler" >/dev/null || packages_install "$compiler"
  target="$build_folder/modules/$name"
  objects="$target/objects"
  mapfile -t folders < <(modules_folders)
  fingerprint=$(modules_fingerprint "${folders[@]}")
  if [[ ! -f $target/fingerprint || $(cat "$target/fingerprint") != "$fingerprint" ]]; then
    say "building the modules for Linux $release"
    rm -rf "$target"
    mkdir -p "$target"
    for folder in "${folders[@]}"; do
      modules_build_one "$folder" "$objects" "$build_folder/logs/modules-$name-${folder//\//-}.log"
    done
    mapfile -t products < <(find "$objects" -name '*.ko' 2>/dev/null)
    for file in "${products[@]}"; do
      if btf_wanted "$file"; then
        resolver=$(btf_resolver)
        run_quietly "$build_folder/logs/btf-$name-$(basename "$file").log" btf_add "$file" "$resolver" ||
          fail "the types of $(basename "$file") could not be described." \
            "report this (log: $build_folder/logs/btf-$name-$(basename "$file").log)."
      fi
      strip --strip-debug -o "$target/${file##*/}" "$file"
    done
    printf '%s\n' "$fingerprint" >"$target/fingerprint"
  fi
  write_file "$target/kernel.json" <<END
{"release": $(json_string "$release"), "package": $(json_string "$package"), "file": $(json_string "${2:-}"),
  "vmlinux": $(json_string "$kernel_folder/vmlinux"), "config": $(json_string "$kernel_folder/boot/config-$release"),
  "headers": $(json_string "$kernel_folder/$headers"), "modules": $(json_string "$target"),
  "stock_modules": $(json_string "$kernel_folder/$stock_modules"), "compiler": $(json_string "$("$compiler" --version | sed -n 1p)")}
END
}
