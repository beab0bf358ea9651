// SPDX-License-Identifier: GPL-2.0
// GitHub's tables.  They have one line of headings, so a band becomes a prefix.
#include "report/render/render.h"

namespace osext::report {
namespace {

// What Markdown or HTML inside Markdown would take for markup.
std::string escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\n':
        out += ' ';
        break;
      case '|':
      case '*':
      case '_':
      case '`':
      case '[':
      case ']':
      case '\\':
      case '#':
      case '~':
        out += '\\';
        [[fallthrough]];
      default:
        out += c;
    }
  }
  return out;
}

std::string title_of(const Column& column) {
  return escape(column.band.empty() ? column.title : column.band + ": " + column.title);
}

}  // namespace

std::string render_markdown(const Table& table) {
  check_shape(table);
  const std::vector<std::size_t> columns = visible_columns(table);
  const bool grouped = !table.group_id.empty();

  std::string out = "## " + escape(table.title) + "\n\n";
  for (const std::string& text : table.lead) out += escape(text) + "\n\n";

  out += '|';
  std::string rule = "|";
  if (grouped) {
    out += ' ' + escape(table.group_id) + " |";
    rule += " --- |";
  }
  for (std::size_t column : columns) {
    out += ' ' + title_of(table.columns[column]) + " |";
    rule += table.columns[column].align == Align::right ? " ---: |" : " --- |";
  }
  out += '\n' + rule + '\n';
  for (const Row& row : table.rows) {
    out += '|';
    if (grouped) out += ' ' + escape(row.group) + " |";
    for (std::size_t column : columns) out += ' ' + escape(shown(row.cells[column])) + " |";
    out += '\n';
  }
  if (!table.notes.empty()) out += '\n';
  for (const std::string& text : table.notes) out += "- " + escape(text) + '\n';
  return out;
}

}  // namespace osext::report
