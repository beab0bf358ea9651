// SPDX-License-Identifier: GPL-2.0
// Calls into the sandbox of ULS, and messages between a process and a thread in the sandbox.
//
// rpc: this process, which has joined, calls an extension with four bytes and gets four back, in
// its own address space.
//
// rpc_peer: the other side is a thread that the kernel schedules, in an address space that has the
// sandbox and nothing else. through=sandbox: the message is a word in the sandbox, left and waited
// for by one system call on each side. through=pipe: the thread blocks in read() of one pipe and
// writes to another, as the server of plain Linux does.
#pragma once

#include "benchmarks/mechanism.h"

namespace osext {

// With the module loaded.  Throw std::runtime_error, also if a message is answered wrongly, or the
// sandbox's own counts are not those of the calls.
void measure_uls_rpc(const PlannedCell& plan, Sampler& sampler);
void measure_uls_peers(const PlannedCell& plan, Sampler& sampler);

}  // namespace osext
