// SPDX-License-Identifier: GPL-2.0
// Reading the list of commands; see command_list.h.
#include "tests/transparency/guest/command_list.h"

#include <fmt/format.h>

#include <set>
#include <sstream>
#include <stdexcept>

namespace osext::test {
namespace {

// "exit N" or "signal N" of "N" or "signal:N".
std::string parse_status(const std::string& word, int line) {
  constexpr std::string_view mark = "signal:";
  const bool signal = word.compare(0, mark.size(), mark) == 0;
  const std::string digits = signal ? word.substr(mark.size()) : word;
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos)
    throw std::runtime_error(fmt::format("line {}: {} is no exit status", line, word));
  return (signal ? "signal " : "exit ") + digits;
}

}  // namespace

std::vector<ListedCommand> read_command_list(std::istream& in, const std::string& folder) {
  std::vector<ListedCommand> commands;
  std::set<std::string> names;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    std::istringstream words(line);
    ListedCommand command;
    if (!(words >> command.name) || command.name[0] == '#') continue;
    words >> command.limit_s;
    if (!words || command.limit_s == 0)
      throw std::runtime_error(fmt::format("line {}: no time limit", number));
    std::string statuses, one;
    words >> statuses;
    std::istringstream alternatives(statuses);
    while (std::getline(alternatives, one, '|'))
      command.statuses.push_back(parse_status(one, number));
    for (std::string word; words >> word;)
      command.argv.push_back(word[0] == '@' ? folder + "/" + word.substr(1) : word);
    if (command.argv.empty() || command.statuses.empty())
      throw std::runtime_error(fmt::format("line {}: nothing to run", number));
    if (!names.insert(command.name).second)
      throw std::runtime_error(fmt::format("line {}: a second {}", number, command.name));
    commands.push_back(std::move(command));
  }
  if (commands.empty()) throw std::runtime_error("the list of commands is empty");
  return commands;
}

}  // namespace osext::test
