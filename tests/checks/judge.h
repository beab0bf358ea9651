// SPDX-License-Identifier: GPL-2.0
// Judges what a program of many checks printed in a machine: each check by its line, and the
// machine by its kernel's log.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "machine/machine.h"
#include "machine/vm/kernel_log.h"

namespace osext {

inline void judge_checks(const std::vector<std::string>& checks, const UnitResult& result) {
  // What the checks counted, for those who read the test's words.
  fmt::print("{}", result.console);
  std::map<std::string, int> seen;
  std::istringstream lines(result.console);
  for (std::string line; std::getline(lines, line);) {
    const std::string name = line.substr(0, line.find(' '));
    if (std::find(checks.begin(), checks.end(), name) == checks.end()) continue;
    ++seen[name];
    EXPECT_EQ(line, name + " ok");
  }
  for (const std::string& name : checks) EXPECT_GT(seen[name], 0) << name << " did not run";
  EXPECT_EQ(result.outcome, Outcome::finished) << result.reason << "\n"
                                               << result.console << result.kernel_log;
  const auto problems = kernel_log_problems(result.kernel_log);
  EXPECT_TRUE(problems.empty()) << fmt::format("{}\n", fmt::join(problems, "\n"));
}

}  // namespace osext
