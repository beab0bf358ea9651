// SPDX-License-Identifier: GPL-2.0
// Tables for a terminal or a plain text file.
#include <algorithm>
#include <numeric>

#include "report/render/render.h"

namespace osext::report {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowestWrap = 16;
constexpr std::size_t kGroupIndent = 2;

std::string pad(const std::string& text, std::size_t width, Align align) {
  const std::size_t used = display_width(text);
  const std::string space(width > used ? width - used : 0, ' ');
  return align == Align::left ? text + space : space + text;
}

const char* ansi(Tone tone) {
  switch (tone) {
    case Tone::strong:
      return "\033[1m";
    case Tone::muted:
      return "\033[2m";
    case Tone::good:
      return "\033[32m";
    case Tone::bad:
      return "\033[31m";
    case Tone::plain:
      break;
  }
  return "";
}

std::string coloured(const std::string& text, Tone tone, bool colours) {
  return colours && tone != Tone::plain ? ansi(tone) + text + "\033[0m" : text;
}

class TextTable {
 public:
  TextTable(const Table& table, const TextStyle& style)
      : table_(table), style_(style), columns_(visible_columns(table)) {
    measure();
  }

  std::string render() {
    sentence(table_.title, Tone::strong);
    for (const std::string& text : table_.lead) sentence(text, Tone::plain);
    out_ += '\n';
    heading();
    const std::string* group = nullptr;
    for (const Row& row : table_.rows) {
      if (grouped() && (!group || *group != row.group)) {
        line(coloured(row.group, Tone::strong, style_.colours));
        group = &row.group;
      }
      body(row);
    }
    if (!table_.notes.empty()) out_ += '\n';
    for (const std::string& text : table_.notes) sentence(text, Tone::muted);
    return out_;
  }

 private:
  bool grouped() const { return !table_.group_id.empty(); }
  std::size_t indent() const { return grouped() ? kGroupIndent : 0; }

  void measure() {
    for (std::size_t column : columns_) {
      std::size_t width = display_width(table_.columns[column].title);
      for (const Row& row : table_.rows) {
        width = std::max(width, display_width(shown(row.cells[column])));
      }
      widths_.push_back(width);
    }
    // A band wider than its columns widens the last of them.
    std::size_t first = 0;
    for (const Band& band : bands(table_, columns_)) {
      const std::size_t needed = display_width(band.title);
      const std::size_t have = span_width(first, band.columns);
      if (needed > have) widths_[first + band.columns - 1] += needed - have;
      first += band.columns;
    }
    shrink();
  }

  // Takes width from the widest column that may be wrapped until the table fits.
  void shrink() {
    std::size_t total = indent() + span_width(0, columns_.size());
    while (total > style_.width) {
      std::size_t* widest = nullptr;
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (!table_.columns[columns_[i]].wrap || widths_[i] <= kNarrowestWrap) continue;
        if (!widest || widths_[i] > *widest) widest = &widths_[i];
      }
      if (!widest) return;
      --*widest;
      --total;
    }
  }

  std::size_t span_width(std::size_t first, std::size_t count) const {
    if (count == 0) return 0;
    return std::accumulate(widths_.begin() + first, widths_.begin() + first + count,
                           kGap * (count - 1));
  }

  void heading() {
    const std::vector<Band> all = bands(table_, columns_);
    if (has_bands(all)) {
      std::string text(indent(), ' ');
      std::size_t first = 0;
      for (const Band& band : all) {
        const std::size_t width = span_width(first, band.columns);
        std::string title = band.title;
        if (!title.empty() && width >= display_width(title) + 4) {
          const std::size_t dashes = width - display_width(title) - 2;
          title = std::string(dashes / 2, '-') + ' ' + title + ' ' +
                  std::string(dashes - dashes / 2, '-');
        }
        text += pad(title, width, Align::right) + std::string(kGap, ' ');
        first += band.columns;
      }
      line(text);
    }
    std::string titles(indent(), ' ');
    std::string rule(indent(), '-');
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const Column& column = table_.columns[columns_[i]];
      titles += pad(column.title, widths_[i], column.align) + std::string(kGap, ' ');
      rule += std::string(widths_[i] + (i + 1 < columns_.size() ? kGap : 0), '-');
    }
    line(titles);
    line(rule);
  }

  void body(const Row& row) {
    std::vector<std::vector<std::string>> cells;
    std::size_t height = 1;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      cells.push_back(wrap_lines(shown(row.cells[columns_[i]]), widths_[i]));
      height = std::max(height, cells.back().size());
    }
    for (std::size_t y = 0; y < height; ++y) {
      std::string text(indent(), ' ');
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        const Value& value = row.cells[columns_[i]];
        const std::string piece = y < cells[i].size() ? cells[i][y] : "";
        const std::string padded = pad(piece, widths_[i], table_.columns[columns_[i]].align);
        text += piece.empty() ? padded : coloured(padded, value.tone, style_.colours);
        text += std::string(kGap, ' ');
      }
      line(text);
    }
  }

  void sentence(const std::string& text, Tone tone) {
    for (const std::string& piece : wrap_lines(text, style_.width)) {
      line(coloured(piece, tone, style_.colours));
    }
  }

  void line(std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    out_ += text + '\n';
  }

  const Table& table_;
  const TextStyle style_;
  const std::vector<std::size_t> columns_;
  std::vector<std::size_t> widths_;
  std::string out_;
};

}  // namespace

std::string render_text(const Table& table, const TextStyle& style) {
  check_shape(table);
  return TextTable(table, style).render();
}

}  // namespace osext::report
