// SPDX-License-Identifier: GPL-2.0
// event_interarrival: how regularly do periodic events reach a program that shares the CPU with
// CPU-bound tasks?  (Hijack paper, section 3.2 and figure 5.)
//
//   measures: the time between two receptions of a timer's signal that is due every 10 ms, with 0
//             to 4 background tasks; on Linux for a receiver that sleeps and one that spins, with
//             SCHED_OTHER and with SCHED_RR at one priority for all
//   excludes: nothing is subtracted
//   expected: the paper: 10 ms for Hijack whatever the load, and more with every task for Linux
//   confounders: on the simulated machine time is virtual (an instruction takes a nanosecond): TLB
//             misses and mode switches cost nothing in it; real-time throttling and the fair server
//             are off there, so that a real-time task may have the whole CPU
#include "benchmarks/experiments/experiments.h"

namespace osext {

Experiment event_interarrival() {
  Row row{"signal_interval", Capability::timers, background_tasks()};
  row.reports = {"interarrival_ns", "coalesced"};
  row.window_ms = {.quick = 500, .full = 3'000};
  Experiment experiment;
  experiment.id = "event_interarrival";
  experiment.question = "How regularly do periodic events reach a program on a busy CPU?";
  experiment.rows = {row};
  return experiment;
}

}  // namespace osext
