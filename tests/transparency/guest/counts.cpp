// SPDX-License-Identifier: GPL-2.0
// Counts of system calls; see counts.h.
#include "tests/transparency/guest/counts.h"

#include <fmt/format.h>

#include <cctype>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

namespace osext::test {
namespace {

constexpr std::int64_t kAny = std::numeric_limits<std::int32_t>::max();

struct LogLine {
  std::string pid;  // "" where one process is watched
  std::string text;
};

LogLine split(const std::string& line) {
  std::size_t at = 0;
  while (at < line.size() && std::isdigit(static_cast<unsigned char>(line[at]))) ++at;
  if (at == 0) return {"", line};
  return {line.substr(0, at), line.substr(line.find_first_not_of(' ', at))};
}

std::int64_t parse_bound(const std::string& word, std::int64_t any, int line) {
  if (word == "any") return any;
  std::size_t used = 0;
  std::int64_t value = 0;
  try {
    value = std::stoll(word, &used);
  } catch (const std::logic_error&) {
  }
  if (used != word.size() || word.empty())
    throw std::runtime_error(fmt::format("line {}: {} is no number", line, word));
  return value;
}

std::uint64_t count_of(const Counts& counts, const std::string& name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

Counts counts_of_strace_log(std::istream& in) {
  Counts counts;
  std::map<std::string, std::string> interrupted;  // by process: its last call, if it was
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const auto [pid, text] = split(line);
    if (text.empty() || text.rfind("--- ", 0) == 0) continue;
    if (text.rfind("+++ ", 0) == 0) {
      // It died of the signal, and the call was its last.
      if (const auto last = interrupted.find(pid); last != interrupted.end())
        ++counts[last->second];
      interrupted.erase(pid);
      continue;
    }
    const bool second_part = text.rfind("<... ", 0) == 0;
    const std::string call = second_part ? text.substr(5) : text;
    const std::size_t end = call.find(second_part ? ' ' : '(');
    const std::string name = call.substr(0, end);
    if (end == std::string::npos || end == 0 ||
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos)
      throw std::runtime_error(fmt::format("line {} is not strace's: {}", number, line));
    if (!second_part) {
      ++counts[name];
      interrupted.erase(pid);
    }
    // With "-e raw=all" it is -1, else a question mark.
    if (text.find("= ? ERESTART") != std::string::npos ||
        text.find("= -1 ERESTART") != std::string::npos) {
      --counts[name];
      interrupted[pid] = name;
    }
  }
  return counts;
}

Counts read_counts(std::istream& in) {
  Counts counts;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    std::istringstream words(line);
    std::string name, more;
    std::uint64_t count = 0;
    if (!(words >> name >> count) || words >> more)
      throw std::runtime_error(fmt::format("line {} is not \"NAME COUNT\": {}", number, line));
    counts[name] += count;
  }
  return counts;
}

std::vector<StatedDifference> read_stated_differences(std::istream& in) {
  std::vector<StatedDifference> stated;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    std::istringstream words(line);
    StatedDifference one;
    std::string low, high;
    if (!(words >> one.command) || one.command[0] == '#') continue;
    words >> one.call >> low >> high >> std::ws;
    std::getline(words, one.reason);
    if (one.reason.empty())
      throw std::runtime_error(fmt::format("line {}: a difference without a reason", number));
    one.low = parse_bound(low, -kAny, number);
    one.high = parse_bound(high, kAny, number);
    if (one.low > one.high)
      throw std::runtime_error(fmt::format("line {}: {} is above {}", number, low, high));
    stated.push_back(std::move(one));
  }
  return stated;
}

std::vector<std::string> compare_counts(const std::string& command, const Counts& native,
                                        const Counts& executive,
                                        const std::vector<StatedDifference>& stated) {
  std::set<std::string> names;
  for (const auto& [name, count] : native) names.insert(name);
  for (const auto& [name, count] : executive) names.insert(name);
  std::vector<std::string> problems;
  for (const std::string& name : names) {
    const std::uint64_t seen = count_of(native, name), counted = count_of(executive, name);
    const auto difference = static_cast<std::int64_t>(counted - seen);
    std::int64_t low = 0, high = 0;
    for (const StatedDifference& one : stated) {
      if ((one.command != "*" && one.command != command) || one.call != name) continue;
      low += one.low;
      high += one.high;
      if (difference != 0) one.used = true;
    }
    if (difference < low || difference > high)
      problems.push_back(fmt::format(
          "{}: strace sees {}, the executive counts {}{}", name, seen, counted,
          low == 0 && high == 0 ? "" : fmt::format(" (stated: {} to {} more)", low, high)));
  }
  return problems;
}

}  // namespace osext::test
