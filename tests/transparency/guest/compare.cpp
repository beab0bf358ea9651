// SPDX-License-Identifier: GPL-2.0
// Compares two runs; see compare.h.
#include "tests/transparency/guest/compare.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace osext::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShownBytes = 120;

std::string shown(std::string_view text, std::size_t begin) {
  if (begin >= text.size()) return "(no more)";
  std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  const bool cut = line.size() > kShownBytes;
  std::string printable;
  for (const char c : line.substr(0, kShownBytes))
    printable += c >= ' ' && c <= '~' ? std::string(1, c)
                                      : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return fmt::format("\"{}\"{}", printable, cut ? "..." : "");
}

std::optional<std::string> read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

std::optional<std::string> first_difference(std::string_view one, std::string_view other) {
  const auto at = std::mismatch(one.begin(), one.end(), other.begin(), other.end());
  if (at.first == one.end() && at.second == other.end()) return std::nullopt;
  const auto same = static_cast<std::size_t>(at.first - one.begin());
  const auto line = 1 + std::count(one.begin(), at.first, '\n');
  const std::size_t newline = same == 0 ? std::string_view::npos : one.rfind('\n', same - 1);
  const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  return fmt::format("line {}: {} and {}", line, shown(one, begin), shown(other, begin));
}

std::string difference_of_results(const ListedCommand& command, const fs::path& one,
                                  const fs::path& other) {
  std::string differences;
  const auto add = [&](const std::string& what) {
    differences += (differences.empty() ? "" : "; ") + what;
  };
  for (const auto& [suffix, what] : {std::pair{".status", "exit status"},
                                     {".err", "standard error"},
                                     {".out", "standard output"}}) {
    const auto left = read_text(one / (command.name + suffix));
    const auto right = read_text(other / (command.name + suffix));
    if (!left || !right)
      add(fmt::format("{} is missing", what));
    else if (const auto line = first_difference(*left, *right))
      add(fmt::format("{} differs in {}", what, *line));
  }
  if (differences.empty()) differences = fault_of_status(command, one);
  return differences;
}

std::string fault_of_status(const ListedCommand& command, const fs::path& results) {
  const auto found = read_text(results / (command.name + ".status"));
  if (!found) return "exit status is missing";
  for (const std::string& status : command.statuses)
    if (*found == status + "\n") return "";
  return fmt::format("exit status is {}, not {}; output begins {}, errors {}", shown(*found, 0),
                     fmt::join(command.statuses, " or "),
                     shown(read_text(results / (command.name + ".out")).value_or(""), 0),
                     shown(read_text(results / (command.name + ".err")).value_or(""), 0));
}

}  // namespace osext::test
