// SPDX-License-Identifier: GPL-2.0
// rpc_peer between two processes over two pipes.
//
//   measures: write() of the request, read() of the answer, in the client: two switches between two
//             processes on one CPU, and the server's read() and write() between them
//   excludes: creating the pipes and the server
//   expected: 14500 (paper) and 18661 (slides) cycles on a Pentium 4
//   confounders: the security modules, PSI, the fair server and ERMS, all of which add or save some
//             work in each read() and write(); wake-up preemption, which decides at which of the
//             calls the CPU changes hands; and means over few operations soon after boot, when
//             background work of the kernel can dwarf a single one
#pragma once

#include <functional>
#include <memory>

#include "measure/sampler.h"
#include "workloads/working_set.h"

namespace osext {

// `bytes` are exchanged each way (1 to 8); the server adds one to the first, and the client checks
// it.  Pin to one CPU before.  Throws std::runtime_error.
void rpc_pipes(Sampler& sampler, const Series& series, std::uint64_t bytes);

// The same with a walk of the client's through `set` before each call, inside the marks.
void rpc_pipes(Sampler& sampler, const Series& series, std::uint64_t bytes, const WorkingSet& set);

// The same with another server: the function starts one that reads `from` and writes `to`, whose
// life is the result's.
using PipeServer = std::function<std::shared_ptr<void>(int from, int to)>;
void rpc_pipes(Sampler& sampler, const Series& series, std::uint64_t bytes,
               const PipeServer& server);

}  // namespace osext
