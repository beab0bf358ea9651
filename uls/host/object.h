// SPDX-License-Identifier: GPL-2.0
// An extension's file: a relocatable ELF object, checked and taken apart, with no address yet.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace osext {

// What is wrong with an extension or the attempt to load it, and what to do.
class UlsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A part of the extension's code area (executable, or only read) or of its data area.
struct UlsSection {
  std::string name;
  bool code;
  std::uint32_t offset;  // in the area
  std::uint32_t bytes;
  std::string contents;  // empty: zeroes
};

struct UlsSymbol {
  static constexpr std::uint32_t kAbsolute = 0xffffffff;
  std::uint32_t section;  // an index, or kAbsolute
  std::uint64_t value;    // in the section, or absolute
  std::uint64_t bytes;
};

struct UlsRelocation {
  std::uint32_t section, offset;  // what is changed
  std::uint32_t type;             // R_X86_64_...
  UlsSymbol symbol;
  std::string name;  // the symbol's, for errors
  std::int64_t addend;
};

struct UlsObject {
  std::string path;  // for errors
  std::uint32_t code_bytes = 0, data_bytes = 0;
  std::uint32_t constructors_begin = 0, constructors_end = 0;  // in the data area
  std::vector<UlsSection> sections;
  std::vector<UlsRelocation> relocations;
  std::map<std::string, UlsSymbol> symbols;  // global, defined
};

// Throws UlsError.  `path` is only named.
UlsObject parse_uls_object(const std::string& path, const std::string& file);
UlsObject read_uls_object(const std::string& path);

}  // namespace osext
