// SPDX-License-Identifier: GPL-2.0
// Reads RFC 4180, strictly.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace osext::report {

struct CsvRecord {
  std::size_t line = 0;  // where it begins, from 1
  std::vector<std::string> fields;
};

// Throws std::runtime_error "NAME:LINE: what is wrong".
std::vector<CsvRecord> parse_csv(std::string_view text, const std::string& name);

}  // namespace osext::report
