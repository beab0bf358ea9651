// SPDX-License-Identifier: GPL-2.0
// Rows of what interrupts a guest under Hijack (paper, 2.3 and 2.4): its faults and the executive's
// timer, on their way to the executive's policy.
#pragma once

#include <string>

#include "benchmarks/experiment.h"
#include "measure/sampler.h"

namespace osext {

// Measures fault or upcall_timer with an executive of its own, so none may be running; the module
// is loaded, for upcall_timer with mark_timers.  Throws std::runtime_error.
void measure_hijack_interrupts(const PlannedCell& plan, Sampler& sampler,
                               const std::string& executive_file);

}  // namespace osext
