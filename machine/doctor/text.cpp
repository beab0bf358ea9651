// SPDX-License-Identifier: GPL-2.0
// Diagnoses as text; machine/setup/preflight.sh prints the same form.
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "machine/doctor.h"

namespace osext {
namespace {

const char* to_text(Health health) {
  switch (health) {
    case Health::good:
      return "good";
    case Health::limited:
      return "limited";
    case Health::bad:
      return "bad";
  }
  return "?";
}

constexpr std::size_t kIndent = 23;  // up to the column where the sentences begin
constexpr std::size_t kWidth = 100;

// `text` in lines that end before kWidth, all but the first indented.
std::string wrapped(const std::string& text) {
  std::string result;
  std::size_t column = kIndent;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (column > kIndent && column + 1 + word.size() > kWidth) {
      result += "\n" + std::string(kIndent, ' ');
      column = kIndent;
    } else if (column > kIndent) {
      result += ' ';
      ++column;
    }
    result += word;
    column += word.size();
  }
  return result;
}

}  // namespace

std::string to_text(const std::vector<Diagnosis>& diagnoses) {
  std::string text;
  for (const auto& line : diagnoses) {
    text += fmt::format("{:<7}  {:<12}  {}\n", to_text(line.health), line.name,
                        wrapped(line.state + ": " + line.consequence));
    if (!line.remedy.empty())
      text += std::string(kIndent, ' ') + wrapped("-> " + line.remedy) + "\n";
  }
  text += is_fit(diagnoses) ? "The simulated machine runs here: benchmarks/all\n"
                            : "The simulated machine does not run here until what is bad above is "
                              "remedied.\n";
  return text;
}

bool is_fit(const std::vector<Diagnosis>& diagnoses) {
  return std::none_of(diagnoses.begin(), diagnoses.end(),
                      [](const Diagnosis& line) { return line.health == Health::bad; });
}

}  // namespace osext
