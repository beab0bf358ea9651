#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# options_test.sh OSEXT: benchmarks/all and `osext run` know the same options.
# shellcheck source=tests/setup/harness.sh
source "$(dirname "${BASH_SOURCE[0]}")/harness.sh"

# options_of: the long options that begin a line of the help on standard input.
options_of() {
  sed -nE 's/^ +(-h,)?(--[a-z-]+).*/\2/p' | sort
}
accepted "$tree_folder/benchmarks/all" --help
script=$(options_of <<<"$output")
accepted "$1" run --help
holds "the options" "$script" --quick --machine --help
equal "the options of benchmarks/all and of osext run" "$(options_of <<<"$output")" "$script"
done_testing
