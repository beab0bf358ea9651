// SPDX-License-Identifier: GPL-2.0
// Figure: what gnuplot draws.  A template of plots/ holds the drawing; the data lie in a file
// beside the SVG; titles, legends and notes are variables that the template names in its first
// lines.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace osext::report {

struct Figure {
  std::string name;          // its files are NAME.dat and NAME.svg
  std::string caption;       // one sentence for the page, "" if the figure's own title is enough
  std::string data;          // the bytes of NAME.dat
  std::string_view program;  // the template
  std::string nothing;       // not "": there is nothing to draw, and why
  std::string variables;     // set by the functions below

  void set(const std::string& variable, std::string_view text);
  void set(const std::string& variable, std::size_t number);
  // An array VARIABLE[1..VARIABLE_count].
  void set(const std::string& variable, const std::vector<std::string>& texts);
};

// Draws NAME.svg in `directory`, where NAME.dat lies.  Returns "" or, with nothing written, one
// sentence that says why there is no plot and what to do.
std::string draw(const Figure& figure, const std::filesystem::path& directory);

// A gnuplot string in single quotes: nothing in it is expanded.
std::string gnuplot_string(std::string_view text);

// For data files: a string with blanks as one column.
std::string quoted_column(std::string text);

}  // namespace osext::report
