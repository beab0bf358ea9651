// SPDX-License-Identifier: GPL-2.0
// Notes: the facts about a machine that change what is measured on it.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace osext {

using Note = std::pair<std::string, std::string>;

// Kernel, command line, CPU, mitigations, security modules, scheduler, clock.  What cannot be read
// says so; nothing is changed and nothing names the host.  Context: needs /proc and /sys.
std::vector<Note> environment_notes();

}  // namespace osext
