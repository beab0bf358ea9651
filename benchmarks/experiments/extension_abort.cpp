// SPDX-License-Identifier: GPL-2.0
// extension_abort: how soon does an extension that takes too long end?  (Slides, "SafeX Features":
// extensions that exceed their reservations are aborted.)
//
//   measures: of an extension that never returns, under budgets of 50 us to 10 ms: the time from
//             the call of it to its last instruction, less the budget (overrun, the way in
//             included), and from there until the caller went on (abort latency); and what a call
//             costs that returns at once.
//             verifier_bound: plain eBPF has no budgets; how long a program runs that the verifier
//             accepts, and that nothing ends
//   excludes: loading an extension, a new one for each runaway
//   expected: microseconds, whatever the budget, where a timer of its own ends it; up to a clock
//             tick where ticks are counted, as on the slides
//   confounders: time is virtual on the simulated machine (an instruction takes a nanosecond): TLB
//             misses and mode switches cost nothing in it; the overrun is as fine as the
//             extension's loop around the time stamp counter, five instructions
#include "benchmarks/experiments/experiments.h"

namespace osext {

Experiment extension_abort() {
  std::vector<Params> budgets, ends;
  for (const char* budget_us : {"50", "100", "200", "500", "1000", "2000", "5000", "10000"})
    budgets.push_back({{"budget_us", budget_us}});
  ends = {budgets.front(), budgets.back()};

  Row runaway{"runaway", Capability::budgets, budgets};
  runaway.reports = {"overrun_ns", "abort_latency_ns"};
  runaway.count = {20, 200};

  Row in_budget{"in_budget", Capability::budgets, ends};
  in_budget.reports = {"time_ns"};
  in_budget.count = {10, 100};

  Row verifier_bound{"verifier_bound", Capability::baseline, {{{"nested", "1"}}}};
  verifier_bound.reports = {"time_ns"};
  verifier_bound.count = {1, 3};
  verifier_bound.only_virtual = "nothing would end the program on this computer";

  Experiment experiment;
  experiment.id = "extension_abort";
  experiment.question = "How soon does an extension that takes too long end?";
  experiment.rows = {runaway, in_budget, verifier_bound};
  return experiment;
}

}  // namespace osext
