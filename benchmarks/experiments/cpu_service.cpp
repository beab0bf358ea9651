// SPDX-License-Identifier: GPL-2.0
// cpu_service: how well does a CPU service manager keep real-time tasks at their shares, under a
// disturbance of higher priority?  (Slides, "System Service Extensions" to "Guard Functions".)
//
//   measures: the share that each of three tasks had in each second, its distance from the target,
//             seconds outside of 2 points, the share over all bursts of the disturbance, and what
//             managing took; for both forms of the PID function (osext/cpu_service.h)
//   excludes: nothing is subtracted
//   expected: a manager that stops tasks and lets them go on (the slides' user-level one) keeps
//             them from having more, and cannot give them anything in a burst; one that also raises
//             tasks with budget left holds their shares through it.  What runs in the kernel or in
//             a sandbox is not scheduled itself, and takes less
//   confounders: time is virtual on the simulated machine (an instruction takes a nanosecond): TLB
//             misses and mode switches cost nothing in it; gains are ours, nobody has published
//             any; the seed draws the disturbance, whose first gap is fixed at half the mean, so
//             that a short run has a burst; real-time throttling and the fair server are off
#include "benchmarks/experiments/experiments.h"

namespace osext {

Experiment cpu_service() {
  Row row{"cpu_shares", Capability::management, {{}}};
  row.reports = {"utilization_percent", "abs_error_points", "violations", "overhead_percent"};
  row.labels = {"task", "when"};
  row.only_virtual = "real-time tasks that never rest would starve this computer";
  row.window_ms = {.quick = 20'000, .full = 60'000};
  Experiment experiment;
  experiment.id = "cpu_service";
  experiment.question = "How well does a service manager keep tasks at their CPU shares?";
  experiment.rows = {row};
  return experiment;
}

}  // namespace osext
