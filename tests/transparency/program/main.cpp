// SPDX-License-Identifier: GPL-2.0
// A compiled program as users have them: "transparency-program PART [ARGUMENT...]".
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/transparency/program/part.h"

namespace osext::test {

std::map<std::string, PartBody>& parts() {
  static std::map<std::string, PartBody> all;
  return all;
}

void need(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "%s failed: %s\n", what, std::strerror(errno));
  std::exit(99);
}

}  // namespace osext::test

int main(int count, char** arguments) {
  using namespace osext::test;
  if (count < 2 || !parts().contains(arguments[1])) {
    std::fprintf(stderr, "usage: %s PART [ARGUMENT...], and PART is one of\n", arguments[0]);
    for (const auto& [name, body] : parts()) std::fprintf(stderr, "  %s\n", name.c_str());
    return 2;
  }
  return parts()[arguments[1]]({arguments + 2, arguments + count});
}
