#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# uapi.sh TREE user|KERNEL: every header of include/osext compiles alone, twice and without a
# warning, as C, as C++ and in assembly where it says so (user), or inside a module built
# against the headers of KERNEL (a name in build/setup.json), with the layout that
# uapi_layout.h writes down.
set -euo pipefail
tree=$(cd "${1:-.}" && pwd -P)
what=${2:-user}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
headers=$(cd "$tree/include" && ls osext/*.h)
layout=$tree/tests/house/uapi_layout.h
for header in $headers; do
  grep -qF "<$header>" "$layout" || { echo "$header is missing in uapi_layout.h"; exit 1; }
done

if [[ $what == user ]]; then
  for header in $headers; do
    printf '#include <%s>\n#include <%s>\n' "$header" "$header" >"$scratch/one.c"
    cp "$scratch/one.c" "$scratch/one.cpp"
    gcc -std=gnu11 -Wall -Wextra -Werror -I"$tree/include" -fsyntax-only "$scratch/one.c"
    g++ -std=c++20 -Wall -Wextra -Werror -I"$tree/include" -fsyntax-only "$scratch/one.cpp"
    if grep -q __ASSEMBLER__ "$tree/include/$header"; then
      cp "$scratch/one.c" "$scratch/one.S"
      gcc -Wall -Werror -I"$tree/include" -c -o "$scratch/one.o" "$scratch/one.S"
    fi
  done
  gcc -std=gnu11 -Wall -Wextra -Werror -I"$tree/include" -x c -fsyntax-only "$layout"
  g++ -std=c++20 -Wall -Wextra -Werror -I"$tree/include" -x c++ -fsyntax-only "$layout"
  exit 0
fi

record=$tree/build/modules/$what/kernel.json
[[ -f $record ]] ||
  { echo "the kernel $what is not set up: run machine/setup/setup.sh --kernel $what"; exit 1; }
value() {
  sed -n "s/.*\"$1\": \"\([^\"]*\)\".*/\1/p" "$record"
}
compiler=$(value compiler)
cat >"$scratch/layout.c" <<END
#include <linux/module.h>
$(for header in $headers; do printf '#include <%s>\n' "$header"; done)
#include "$layout"
static int __init layout_init(void) { return 0; }
module_init(layout_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("the layout of every uapi header, as the kernel sees it");
END
echo 'obj-m := layout.o' >"$scratch/Kbuild"
make -s -C "$(value headers)" M="$scratch" CC="${compiler%% *}" KCFLAGS=-Werror \
  KCPPFLAGS="-I$tree/include" CONFIG_DEBUG_INFO_BTF_MODULES= modules
[[ -f $scratch/layout.ko ]]
