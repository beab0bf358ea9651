// SPDX-License-Identifier: GPL-2.0
// From the table model to the formats.  Each function is in a file of its own.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/table.h"

namespace osext::report {

struct TextStyle {
  std::size_t width = 100;  // columns; a table whose unbreakable columns need more is wider
  bool colours = false;     // ANSI; only for a terminal
};

std::string render_text(const Table& table, const TextStyle& style);
std::string render_markdown(const Table& table);
std::string render_latex(const Table& table);  // needs the packages booktabs and longtable
std::string render_html(const Table& table);

// RFC 4180 with LF.  The tables have the same columns: they are the blocks of one.  Throws
// std::logic_error if they have not.
std::string render_csv(std::span<const Table> blocks);

// Throws std::logic_error if a row has another number of cells than the table has columns: a
// mistake of the code that built it.
void check_shape(const Table& table);

// The columns that are for people, as indices; and the bands above them, in order.
struct Band {
  std::string title;
  std::size_t columns = 0;
};
std::vector<std::size_t> visible_columns(const Table& table);
std::vector<Band> bands(const Table& table, std::span<const std::size_t> columns);
bool has_bands(std::span<const Band> bands);

// "-" for no value.
const std::string& shown(const Value& value);

// One RFC 4180 field.
std::string csv_field(std::string_view text);
std::string html_escape(std::string_view text);
std::string latex_escape(std::string_view text);

// Broken at spaces into lines of at most `width` characters; a longer word stands alone.
std::vector<std::string> wrap_lines(std::string_view text, std::size_t width);
// Characters of UTF-8 text.
std::size_t display_width(std::string_view text);

}  // namespace osext::report
