// SPDX-License-Identifier: GPL-2.0
// Rows of timers under ULS: an extension notes the time in whatever host runs when its timer
// expires, beside CPU-bound tasks.
#pragma once

#include "benchmarks/experiment.h"
#include "measure/sampler.h"

namespace osext {

// Measures signal_interval or nanosleep; the module is loaded.  Reports what the workload of that
// name reports on Linux.  Throws std::runtime_error.
//
// hosts=all: every task is a host, the one that waits for the timers included; and there is another
// one that runs when no other wants the CPU, because an event needs a program that runs.
// hosts=one: one CPU-bound task is a host, and the tasks beside it are not, so that an event waits
// until the kernel schedules it.
//
// In place of nanosleep() a timer that expires once is bound; it ends with the extension's first
// instruction.  A timer can be no shorter than a microsecond.
void measure_uls_timers(const PlannedCell& plan, Sampler& sampler);

}  // namespace osext
