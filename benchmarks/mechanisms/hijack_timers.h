// SPDX-License-Identifier: GPL-2.0
// Rows of timers under Hijack (paper, 3.2): an executive of highest priority that receives a
// periodic event itself, or keeps the time of a guest that sleeps, beside CPU-bound guests.
#pragma once

#include <string>

#include "benchmarks/experiment.h"
#include "measure/sampler.h"

namespace osext {

// Measures signal_interval or nanosleep with an executive of its own, so none may be running; the
// module is loaded.  Reports what the workload of that name reports on Linux.  Throws
// std::runtime_error.
void measure_hijack_timers(const PlannedCell& plan, Sampler& sampler,
                           const std::string& executive_file);

}  // namespace osext
