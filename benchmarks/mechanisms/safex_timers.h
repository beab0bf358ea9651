// SPDX-License-Identifier: GPL-2.0
// SafeX beside CPU-bound tasks: an extension that a timer runs, in the bottom half of whatever
// process is interrupted; it notes the time.  The cells of event_interarrival and nanosleep_jitter.
//
// until=extension: from before the timer is bound until the extension runs, where a service would
// do its work; until=process: until the process goes on that the extension wakes.  Between two
// sleeps the process loads the extension anew, which counts against it where the kernel shares out
// the CPU.
#pragma once

#include "benchmarks/mechanism.h"
#include "kmod_safex/host/safex.h"

namespace osext {

void measure_safex_timers(const PlannedCell& plan, Sampler& sampler,
                          const SafexReservation& reservation);

}  // namespace osext
