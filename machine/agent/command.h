// SPDX-License-Identifier: GPL-2.0
// The agent's view of a command: checking what the host put into the shared
// region before anything is done with it.  Freestanding enough for the static
// agent, and small enough to be tested on the host.
#pragma once

#include <osext/shared_region.h>

namespace osext::agent {

// What is wrong with a command, as one sentence, or nullptr if it can be run.
// Context: any; reads only *command.
const char* find_fault(const osext_command& command);

// Splits `arguments` into at most `slots` - 1 pointers and a terminating null;
// returns their number.  The command must have passed find_fault().
int split_arguments(osext_command& command, char** argv, int slots);

}  // namespace osext::agent
