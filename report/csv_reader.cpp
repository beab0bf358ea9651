// SPDX-License-Identifier: GPL-2.0
// Reads RFC 4180, strictly; see csv_reader.h.
#include "report/csv_reader.h"

#include <stdexcept>

namespace osext::report {

std::vector<CsvRecord> parse_csv(std::string_view text, const std::string& name) {
  std::vector<CsvRecord> records;
  std::size_t line = 1;
  std::size_t at = 0;
  const auto wrong = [&](const std::string& what) {
    return std::runtime_error(name + ":" + std::to_string(line) + ": " + what);
  };
  while (at < text.size()) {
    CsvRecord record;
    record.line = line;
    for (bool more = true; more;) {
      std::string field;
      if (at < text.size() && text[at] == '"') {
        for (++at;; ++at) {
          if (at >= text.size()) throw wrong("a quoted field does not end");
          if (text[at] == '"') {
            if (at + 1 >= text.size() || text[at + 1] != '"') break;
            ++at;
          }
          if (text[at] == '\n') ++line;
          field += text[at];
        }
        ++at;
        if (at < text.size() && text[at] != ',' && text[at] != '\n') {
          throw wrong("text follows a closing quote");
        }
      } else {
        while (at < text.size() && text[at] != ',' && text[at] != '\n') {
          if (text[at] == '"') throw wrong("a quote inside an unquoted field");
          if (text[at] == '\r') throw wrong("a carriage return; lines end with LF");
          field += text[at++];
        }
      }
      record.fields.push_back(std::move(field));
      if (at >= text.size()) throw wrong("the last line does not end");
      more = text[at++] == ',';
    }
    ++line;
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace osext::report
