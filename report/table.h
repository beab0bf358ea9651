// SPDX-License-Identifier: GPL-2.0
// The one table model.  A number becomes text here, once; text, Markdown, CSV, LaTeX and HTML are
// renderings of the same text (render/render.h), so they cannot disagree.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace osext::report {

enum class Align { left, right };

// How a value is to be taken; renderers with colours show it, the others do not.
enum class Tone { plain, strong, muted, good, bad };

struct Column {
  std::string id;     // heading in CSV
  std::string title;  // heading elsewhere
  std::string band;   // common heading of neighbouring columns with the same band, "" = none
  Align align = Align::right;
  bool wrap = false;      // may be broken into lines where width is short
  bool csv_only = false;  // too long or too repetitive for the eye
};

inline Column column(std::string id, std::string title, std::string band = "",
                     Align align = Align::right) {
  Column result;
  result.id = std::move(id);
  result.title = std::move(title);
  result.band = std::move(band);
  result.align = align;
  return result;
}

// text "" = there is no value: "-" for people, an empty field in CSV.
struct Value {
  std::string text;
  Tone tone = Tone::plain;
};

struct Row {
  std::string group;  // rows of one group are neighbours
  std::vector<Value> cells;
};

struct Table {
  std::string id;
  std::string title;
  std::vector<std::string> lead;  // sentences above: what the figures are
  std::string block_id;           // heading in CSV of the column that tells blocks apart, "" = none
  std::string block;              // its value in every row of this table
  std::string group_id;           // heading in CSV of Row::group, "" = no groups
  std::vector<Column> columns;
  std::vector<Row> rows;
  std::vector<std::string> notes;  // sentences beneath
};

}  // namespace osext::report
