// SPDX-License-Identifier: GPL-2.0
// RFC 4180 with LF: the blocks of one table, one header.
#include <stdexcept>

#include "report/render/render.h"

namespace osext::report {
namespace {

std::vector<std::string> header(const Table& table) {
  std::vector<std::string> ids;
  if (!table.block_id.empty()) ids.push_back(table.block_id);
  if (!table.group_id.empty()) ids.push_back(table.group_id);
  for (const Column& column : table.columns) ids.push_back(column.id);
  return ids;
}

void append_record(std::string& out, const std::vector<std::string>& fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ',';
    out += csv_field(fields[i]);
  }
  out += '\n';
}

}  // namespace

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string render_csv(std::span<const Table> blocks) {
  std::string out;
  if (blocks.empty()) return out;
  append_record(out, header(blocks.front()));
  for (const Table& table : blocks) {
    check_shape(table);
    if (header(table) != header(blocks.front())) {
      throw std::logic_error("the blocks of table " + table.id + " differ in their columns");
    }
    for (const Row& row : table.rows) {
      std::vector<std::string> fields;
      if (!table.block_id.empty()) fields.push_back(table.block);
      if (!table.group_id.empty()) fields.push_back(row.group);
      for (const Value& value : row.cells) fields.push_back(value.text);
      append_record(out, fields);
    }
  }
  return out;
}

}  // namespace osext::report
