// SPDX-License-Identifier: GPL-2.0
// The files of extensions/ as the build left them.
#pragma once

#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>

namespace osext::test {

inline std::string read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string self_check() {
  return read_whole(OSEXT_ULS_SELF_CHECK);
}

// bad.S with BAD=number.
inline std::string bad(int number) {
  std::istringstream paths(OSEXT_ULS_BAD);
  std::string path;
  for (int i = 0; i <= number; ++i) std::getline(paths, path, ':');
  return read_whole(path);
}

}  // namespace osext::test
