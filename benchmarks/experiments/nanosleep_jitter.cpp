// SPDX-License-Identifier: GPL-2.0
// nanosleep_jitter: how much longer than it asked for does a program sleep that shares the CPU with
// CPU-bound tasks?  (Hijack paper, section 3.2 and figure 6.)
//
//   measures: the time that nanosleep() took beyond what was requested, for requests from 100 ns to
//             0.1 s, with 0 to 4 background tasks; and what those tasks got done meanwhile
//             until=extension, until=process (SafeX): a timer runs an extension, which notes the time
//             and wakes the process; at least 100 us
//   excludes: nothing is subtracted
//   expected: the paper's kernel woke sleepers at clock ticks, 10 ms apart: so much for Linux and
//             for Hijack, the latter whatever the load; orders less for Hijack Extended, which busy
//             waits.  Current kernels have high-resolution timers: the rows with highres=off are
//             nearest to the paper's condition (a tick is 4 ms on stock Debian)
//   confounders: on the simulated machine time is virtual (an instruction takes a nanosecond): TLB
//             misses and mode switches cost nothing in it; timer slack, 50 us by default
#include "benchmarks/experiments/experiments.h"

namespace osext {

Experiment nanosleep_jitter() {
  Row row{"nanosleep", Capability::timers, background_tasks()};
  for (Params params : background_tasks()) {
    params["highres"] = "off";
    row.variants.push_back(params);
  }
  row.reports = {"requested_ns", "jitter_ns", "background_loops_per_ms"};
  row.count = {.quick = 21, .full = 201};  // the paper: 201 calls, half a millisecond apart
  Experiment experiment;
  experiment.id = "nanosleep_jitter";
  experiment.question = "How much longer than it asked for does a program sleep on a busy CPU?";
  experiment.rows = {row};
  return experiment;
}

}  // namespace osext
