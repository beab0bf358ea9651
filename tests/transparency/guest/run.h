// SPDX-License-Identifier: GPL-2.0
// Runs one command and keeps what it showed to the world.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/transparency/guest/command_list.h"

namespace osext::test {

// Runs `command`, with the words of `prefix` before it ("%" in them becomes its name), in an empty
// folder, with a fixed environment and nothing to read.  Leaves in `results`:
//   NAME.out, NAME.err   what it wrote
//   NAME.status          "exit N", "signal N" or "timeout"
// Throws std::runtime_error if it cannot be started.
void run_command(const ListedCommand& command, const std::vector<std::string>& prefix,
                 const std::filesystem::path& results);

}  // namespace osext::test
