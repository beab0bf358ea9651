// SPDX-License-Identifier: GPL-2.0
// A longtable with booktabs' rules, to be \input into a document.
#include "report/render/render.h"

namespace osext::report {

std::string latex_escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
      case '%':
      case '$':
      case '#':
      case '_':
      case '{':
      case '}':
        out += '\\';
        out += c;
        break;
      case '~':
        out += "\\textasciitilde{}";
        break;
      case '^':
        out += "\\textasciicircum{}";
        break;
      case '\\':
        out += "\\textbackslash{}";
        break;
      case '<':
        out += "\\textless{}";
        break;
      case '>':
        out += "\\textgreater{}";
        break;
      case '|':
        out += "\\textbar{}";
        break;
      case '"':
        out += "\\textquotedbl{}";
        break;
      case '[':
        out += "{[}";
        break;  // after \\ it would be an option
      case ']':
        out += "{]}";
        break;
      case '\n':
        out += ' ';
        break;
      case '-':
        out += out.ends_with('-') ? "{}-" : "-";  // no ligature: --quick keeps its two signs
        break;
      default:
        out += c;
    }
  }
  return out;
}

namespace {

constexpr std::size_t kManyColumns = 11;

// "--" is an en dash; so is the sign for no value.
std::string cell_text(const Value& value) {
  return value.text.empty() ? "--" : latex_escape(value.text);
}

std::string column_specification(const Table& table, std::span<const std::size_t> columns) {
  std::string spec;
  for (std::size_t column : columns) {
    if (table.columns[column].wrap) {
      spec += "p{0.2\\linewidth}";
    } else {
      spec += table.columns[column].align == Align::right ? 'r' : 'l';
    }
  }
  return spec;
}

std::string heading(const Table& table, std::span<const std::size_t> columns) {
  std::string out;
  const std::vector<Band> all = bands(table, columns);
  if (has_bands(all)) {
    std::string rules;
    std::size_t first = 1;
    for (const Band& band : all) {
      if (first > 1) out += " & ";
      const std::string count = std::to_string(band.columns);
      if (!band.title.empty()) {
        const std::size_t last = first + band.columns - 1;
        rules += "\\cmidrule(lr){" + std::to_string(first) + "-" + std::to_string(last) + "}";
      }
      out += "\\multicolumn{" + count + "}{c}{" + latex_escape(band.title) + "}";
      first += band.columns;
    }
    out += " \\\\\n" + rules + "\n";
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) out += " & ";
    out += latex_escape(table.columns[columns[i]].title);
  }
  return out + " \\\\\n";
}

}  // namespace

std::string render_latex(const Table& table) {
  check_shape(table);
  const std::vector<std::size_t> columns = visible_columns(table);
  std::string out = "% needs \\usepackage{booktabs,longtable} and \\usepackage[T1]{fontenc}\n";
  // Fits A4 with margins of 2 cm; the widest tables want small print.
  const char* size = columns.size() > kManyColumns ? "\\scriptsize\\setlength{\\tabcolsep}{2pt}"
                                                   : "\\small\\setlength{\\tabcolsep}{4pt}";
  out += std::string("\\begingroup") + size + "\n";
  out += "\\begin{longtable}{@{}" + column_specification(table, columns) + "@{}}\n";
  out += "\\caption{" + latex_escape(table.title) + ".";
  for (const std::string& text : table.lead) out += " " + latex_escape(text);
  out += "} \\\\\n\\toprule\n" + heading(table, columns) + "\\midrule\n\\endhead\n";
  const std::string* group = nullptr;
  for (const Row& row : table.rows) {
    if (!table.group_id.empty() && (!group || *group != row.group)) {
      if (group) out += "\\addlinespace\n";
      out += "\\multicolumn{" + std::to_string(columns.size()) + "}{@{}l}{\\textbf{" +
             latex_escape(row.group) + "}} \\\\\n";
      group = &row.group;
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) out += " & ";
      out += cell_text(row.cells[columns[i]]);
    }
    out += " \\\\\n";
  }
  out += "\\bottomrule\n\\end{longtable}\n";
  for (const std::string& text : table.notes) {
    out += "\\noindent\\footnotesize " + latex_escape(text) + "\\par\n";
  }
  return out + "\\endgroup\n";
}

}  // namespace osext::report
