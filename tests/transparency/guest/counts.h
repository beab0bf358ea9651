// SPDX-License-Identifier: GPL-2.0
// Counts of system calls by name: what strace saw natively against what the executive counted,
// within a stated list of differences.
#pragma once

#include <cstdint>
#include <istream>
#include <map>
#include <string>
#include <vector>

namespace osext::test {

using Counts = std::map<std::string, std::uint64_t>;

// Of a log of `strace -f -o FILE`: one for each call that was entered, also one that never
// returned; a call that is printed in two parts counts once, and of one that a signal interrupts
// and that is made again only the last time.  Throws std::runtime_error on a line that is none of
// strace's.
Counts counts_of_strace_log(std::istream& in);

// "NAME COUNT" lines, as the executive writes them.  Throws std::runtime_error.
Counts read_counts(std::istream& in);

// One stated difference: the executive may count from `low` to `high` more calls (negative: fewer)
// than strace does.  "*" stands for every command.
struct StatedDifference {
  std::string command, call;
  std::int64_t low = 0, high = 0;
  std::string reason;
  mutable bool used = false;
};

// Lines "COMMAND CALL LOW HIGH REASON..."; "#" starts a comment line.  LOW and HIGH may be "any".
// Throws std::runtime_error on a line without reason or with LOW above HIGH.
std::vector<StatedDifference> read_stated_differences(std::istream& in);

// One line for each call whose counts differ by more than is stated for `command`; several
// statements on one call add up.  Marks the statements that were needed.
std::vector<std::string> compare_counts(const std::string& command, const Counts& native,
                                        const Counts& executive,
                                        const std::vector<StatedDifference>& stated);

}  // namespace osext::test
