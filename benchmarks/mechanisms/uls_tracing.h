// SPDX-License-Identifier: GPL-2.0
// Rows of syscall_tracing under ULS: an extension is told of every system call of a host,
// and looks at it itself or leaves that to its thread.
#pragma once

#include "benchmarks/experiment.h"
#include "measure/sampler.h"

namespace osext {

// The module is loaded.  Throws std::runtime_error.
//
// A program that is executed has left the sandbox by that, so it is made to join again at its first
// instruction: it is started traced, and its tracer makes it ask for that and lets go of it.
void measure_uls_tracing(const PlannedCell& plan, Sampler& sampler);

}  // namespace osext
