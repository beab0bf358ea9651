// SPDX-License-Identifier: GPL-2.0
// osext_error_names FILE: runs while the executive is built.  Writes a line
// ERROR(number, name, text) for each error that the C library knows, which the executive itself
// does without.
#include <cstdio>
#include <cstring>

int main(int argc, char** argv) {
  std::FILE* file = argc == 2 ? std::fopen(argv[1], "w") : nullptr;
  if (!file) return 1;
  constexpr int kErrorsMax = 4096;
  for (int number = 1; number < kErrorsMax; ++number)
    if (const char* name = strerrorname_np(number))
      std::fprintf(file, "ERROR(%d, \"%s\", \"%s\")\n", number, name, strerrordesc_np(number));
  return std::fclose(file) == 0 ? 0 : 1;
}
