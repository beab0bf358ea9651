// SPDX-License-Identifier: GPL-2.0
// Running one command in the guest and leaving its results in the region.
#pragma once

#include <osext/shared_region.h>
#include <sys/types.h>

namespace osext::agent {

// Waits for `child`, reaping every orphan that ends meanwhile.  Returns the
// status as waitpid() reports it.  If stop_requested() becomes true, every other
// process is killed first.
int reap_until(pid_t child);

// From now on Ctrl-Alt-Del, which the host sends when a unit's time is over, asks
// the running command to stop instead of rebooting the machine.
void accept_stop_requests();

// Runs the command and fills in the agent's part of it, `finished` last.  A bad
// command is not run: its exit status is then refused_status, and the console
// says why in a line that begins "osext-agent: ".
void run_command(void* region, osext_command* command);

// Unpacks the command's files and nothing else; false, with the reason on
// stdout, if the command is bad or a file cannot be written.
bool unpack_files(const void* region, const osext_command& command);

inline constexpr int refused_status = 125 << 8;

}  // namespace osext::agent
