// SPDX-License-Identifier: GPL-2.0
// safex-guest SEED MODULE EXTENSIONS CHECK[:ROUNDS]...: runs the checks, a line of output each;
// status 0 if all hold.
#include "tests/safex/guest/check.h"

namespace osext::test {
std::string module_path, extensions_path;
}

int main(int count, char** arguments) {
  using namespace osext::test;
  if (count < 5) return 2;
  module_path = arguments[2];
  extensions_path = arguments[3];
  return run_checks(arguments[1], {arguments + 4, arguments + count});
}
