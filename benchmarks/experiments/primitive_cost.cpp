// SPDX-License-Identifier: GPL-2.0
// primitive_cost: what do the basic operations of each mechanism cost, against a plain system call?
// (Hijack paper, Table 1; slides, "Hijack System Performance" and the ULS and SafeX benchmarks.)
//
//   measures: one operation at a time, warm; and floors as totals of batches of 1000
//   excludes: nothing is subtracted; what the marks cost is the row `overhead`
//   expected: null_syscall < trap < rpc < interpose < rpc_peer < interpose by ptrace
//   confounders: LSM, mitigations, clock interrupts (they show in p99 and max); the order of the
//             rows and where stack and data lie: the seed draws them, compare two
#include "benchmarks/experiments/experiments.h"

namespace osext {

Experiment primitive_cost() {
  const std::vector<Params> plain = {{}};
  const std::vector<Params> bytes = {{{"bytes", "1"}}, {{"bytes", "4"}}};
  const std::vector<Params> legs = {{}, {{"leg", "round_trip"}}};
  const std::vector<Params> dispatched = {{{"role", "manager"}, {"signal", "stop"}},
                                          {{"role", "manager"}, {"signal", "continue"}}};
  constexpr bool kBatch = true;
  Experiment experiment;
  experiment.id = "primitive_cost";
  experiment.question = "What does each basic operation cost, against a plain system call?";
  experiment.rows = {
      {"overhead", Capability::baseline, plain},
      {"null_syscall", Capability::system_calls, plain, kBatch},
      {"trap", Capability::extension, plain},
      {"return", Capability::extension, plain},
      {"rpc", Capability::calls, plain, kBatch},
      {"interpose", Capability::interposition, plain, kBatch},
      {"rpc_peer", Capability::peers, bytes, !kBatch, Reach::caller},
      {"upcall", Capability::upcalls, plain, !kBatch, Reach::enclosed},
      {"upcall_timer", Capability::timer_upcalls, plain, !kBatch, Reach::enclosed},
      {"upcall_return", Capability::upcalls, plain},
      {"fault", Capability::faults, plain, !kBatch, Reach::enclosed},
      {"upcall_tlb", Capability::upcalls, plain, !kBatch, Reach::enclosed},
      {"tlb_reload", Capability::upcalls, plain},
      {"signal_self", Capability::signals, legs, !kBatch, Reach::caller},
      {"signal_other", Capability::signals, legs, !kBatch, Reach::other_process},
      {"context_switch", Capability::processes, plain, !kBatch, Reach::other_process},
      {"read_proc_stat", Capability::processes, {{}, {{"fd", "kept"}}}},
      // The slides' SafeX table: a service manager, in a process or in the kernel.
      {"signal_other", Capability::processes, dispatched},
      {"context_switch",
       Capability::processes,
       {{{"role", "manager"}}},
       !kBatch,
       Reach::other_process},
      {"monitor_handler", Capability::monitors, {{{"tasks", "1"}}, {{"tasks", "3"}}}},
  };
  // Reading /proc is dear: full runs do it less often than the rest.
  for (Row& row : experiment.rows)
    if (row.workload == "monitor_handler" || row.workload == "read_proc_stat")
      row.count = {.quick = 1'000, .full = 2'000};
  // The machine of that table: what it is compared with, measured under its profile, too.
  experiment.further_profiles = {{"pentium3", {"linux", "safex"}}};
  return experiment;
}

}  // namespace osext
