// SPDX-License-Identifier: GPL-2.0
// The list of commands: what is read, and which lists are refused.
#include "tests/transparency/guest/command_list.h"

#include <gtest/gtest.h>

#include <sstream>

namespace osext::test {
namespace {

std::vector<ListedCommand> read(const std::string& text) {
  std::istringstream in(text);
  return read_command_list(in, "/sent");
}

TEST(CommandList, IsRead) {
  const auto commands = read(
      "# a comment\n\nfirst 10 3|signal:6 /bin/echo one  two\nsecond 5 signal:9 @program @x.sh\n");
  ASSERT_EQ(commands.size(), 2U);
  EXPECT_EQ(commands[0].name, "first");
  EXPECT_EQ(commands[0].limit_s, 10U);
  EXPECT_EQ(commands[0].statuses, (std::vector<std::string>{"exit 3", "signal 6"}));
  EXPECT_EQ(commands[1].statuses, std::vector<std::string>{"signal 9"});
  EXPECT_EQ(commands[0].argv, (std::vector<std::string>{"/bin/echo", "one", "two"}));
  EXPECT_EQ(commands[1].argv, (std::vector<std::string>{"/sent/program", "/sent/x.sh"}));
}

TEST(CommandList, WhatIsIncompleteIsRefused) {
  EXPECT_THROW(read(""), std::runtime_error);
  EXPECT_THROW(read("# only a comment\n"), std::runtime_error);
  EXPECT_THROW(read("name\n"), std::runtime_error);
  EXPECT_THROW(read("name /bin/true\n"), std::runtime_error);
  EXPECT_THROW(read("name 10 /bin/true\n"), std::runtime_error);
  EXPECT_THROW(read("name 10 0||1 /bin/true\n"), std::runtime_error);
  EXPECT_THROW(read("name 10 signal: /bin/true\n"), std::runtime_error);
  EXPECT_THROW(read("name 0 0 /bin/true\n"), std::runtime_error);
  EXPECT_THROW(read("name 10 0\n"), std::runtime_error);
  EXPECT_THROW(read("name 10 0 /bin/true\nname 10 1 /bin/false\n"), std::runtime_error);
}

}  // namespace
}  // namespace osext::test
