// SPDX-License-Identifier: GPL-2.0
// What several renderers need.
#include <stdexcept>

#include "report/render/render.h"

namespace osext::report {

void check_shape(const Table& table) {
  for (const Row& row : table.rows) {
    if (row.cells.size() != table.columns.size()) {
      throw std::logic_error("table " + table.id + ": a row has " +
                             std::to_string(row.cells.size()) + " cells for " +
                             std::to_string(table.columns.size()) + " columns");
    }
  }
}

std::vector<std::size_t> visible_columns(const Table& table) {
  std::vector<std::size_t> visible;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (!table.columns[i].csv_only) visible.push_back(i);
  }
  return visible;
}

std::vector<Band> bands(const Table& table, std::span<const std::size_t> columns) {
  std::vector<Band> result;
  for (std::size_t column : columns) {
    const std::string& title = table.columns[column].band;
    if (result.empty() || result.back().title != title) result.push_back({title, 0});
    ++result.back().columns;
  }
  return result;
}

bool has_bands(std::span<const Band> bands) {
  for (const Band& band : bands) {
    if (!band.title.empty()) return true;
  }
  return false;
}

const std::string& shown(const Value& value) {
  static const std::string none = "-";
  return value.text.empty() ? none : value.text;
}

std::vector<std::string> wrap_lines(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  std::string line;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == text.npos ? text.size() : space + 1);
    if (word.empty()) continue;
    if (!line.empty() && display_width(line) + 1 + display_width(word) > width) {
      lines.push_back(line);
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  if (!line.empty() || lines.empty()) lines.push_back(line);
  return lines;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (unsigned char byte : text) width += (byte & 0xc0) != 0x80;  // continuation bytes take none
  return width;
}

}  // namespace osext::report
