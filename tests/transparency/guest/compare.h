// SPDX-License-Identifier: GPL-2.0
// Compares what a command showed in two runs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "tests/transparency/guest/command_list.h"

namespace osext::test {

// The first line in which two texts differ, as "line 3: "one" and "other"", long lines cut;
// nothing if they are equal byte for byte.
std::optional<std::string> first_difference(std::string_view one, std::string_view other);

// What differs between NAME's results in both folders (see run.h): the exit status, what it wrote
// to standard error and to standard output, in this order; "" if nothing does.  A result that is
// missing is a difference, too, and so is an exit status that the list does not have: a command
// that fails in the same way twice shows nothing.
std::string difference_of_results(const ListedCommand& command, const std::filesystem::path& one,
                                  const std::filesystem::path& other);

// What is wrong with the exit status in this folder, with what the command printed; "" if nothing.
std::string fault_of_status(const ListedCommand& command, const std::filesystem::path& results);

}  // namespace osext::test
