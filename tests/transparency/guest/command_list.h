// SPDX-License-Identifier: GPL-2.0
// The list of commands: one a line, "NAME LIMIT_S STATUS PROGRAM ARGUMENT...", words parted
// by blanks; STATUS is the exit status or signal:N, or several with "|" between; "#" starts a
// comment line.  A word "@file" names a file that was sent along with the list.
#pragma once

#include <istream>
#include <string>
#include <vector>

namespace osext::test {

struct ListedCommand {
  std::string name;
  unsigned limit_s = 0;
  std::vector<std::string> statuses;  // "exit N" or "signal N": one of them
  std::vector<std::string> argv;
};

// Throws std::runtime_error with the line's number if a line is incomplete, a name occurs twice,
// or there is no command at all.  `folder` takes the place of "@" and its slash.
std::vector<ListedCommand> read_command_list(std::istream& in, const std::string& folder);

}  // namespace osext::test
