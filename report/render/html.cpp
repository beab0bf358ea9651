// SPDX-License-Identifier: GPL-2.0
// One <figure> a table; classes are those of data/page.css.
#include "report/render/render.h"

namespace osext::report {

std::string html_escape(std::string_view text) {
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
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

namespace {

const char* tone_class(Tone tone) {
  switch (tone) {
    case Tone::strong:
      return " strong";
    case Tone::muted:
      return " muted";
    case Tone::good:
      return " good";
    case Tone::bad:
      return " bad";
    case Tone::plain:
      break;
  }
  return "";
}

std::string class_of(const Column& column, Tone tone, bool edge) {
  return std::string(column.align == Align::right ? "n" : "t") + tone_class(tone) +
         (column.wrap ? " w" : "") + (edge ? " edge" : "");
}

// A column that opens a band gets a line at its left.
bool opens_band(const Table& table, std::span<const std::size_t> columns, std::size_t i) {
  return i > 0 && table.columns[columns[i]].band != table.columns[columns[i - 1]].band;
}

std::string heading(const Table& table, std::span<const std::size_t> columns) {
  std::string out = "<thead>\n";
  const std::vector<Band> all = bands(table, columns);
  if (has_bands(all)) {
    out += "<tr class=\"bands\">";
    bool first = true;
    for (const Band& band : all) {
      out += "<th colspan=\"" + std::to_string(band.columns) + "\" scope=\"colgroup\"" +
             (first ? "" : " class=\"edge\"") + ">" + html_escape(band.title) + "</th>";
      first = false;
    }
    out += "</tr>\n";
  }
  out += "<tr>";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Column& column = table.columns[columns[i]];
    out += "<th scope=\"col\" class=\"" +
           class_of(column, Tone::plain, opens_band(table, columns, i)) + "\">" +
           html_escape(column.title) + "</th>";
  }
  return out + "</tr>\n</thead>\n";
}

}  // namespace

std::string render_html(const Table& table) {
  check_shape(table);
  const std::vector<std::size_t> columns = visible_columns(table);
  std::string out = "<figure class=\"table\">\n<figcaption>" + html_escape(table.title);
  for (const std::string& text : table.lead) out += "<p>" + html_escape(text) + "</p>";
  out += "</figcaption>\n<div class=\"scroll\"><table>\n" + heading(table, columns) + "<tbody>\n";
  const std::string* group = nullptr;
  for (const Row& row : table.rows) {
    if (!table.group_id.empty() && (!group || *group != row.group)) {
      out += "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"" +
             std::to_string(columns.size()) + "\">" + html_escape(row.group) + "</th></tr>\n";
      group = &row.group;
    }
    out += "<tr>";
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const Value& value = row.cells[columns[i]];
      const Tone tone = value.text.empty() ? Tone::muted : value.tone;
      out += "<td class=\"" +
             class_of(table.columns[columns[i]], tone, opens_band(table, columns, i)) + "\">" +
             (value.text.empty() ? "&ndash;" : html_escape(value.text)) + "</td>";
    }
    out += "</tr>\n";
  }
  out += "</tbody>\n</table></div>\n";
  if (!table.notes.empty()) {
    out += "<ul class=\"notes\">\n";
    for (const std::string& text : table.notes) out += "<li>" + html_escape(text) + "</li>\n";
    out += "</ul>\n";
  }
  return out + "</figure>\n";
}

}  // namespace osext::report
