// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "benchmarks/experiments/experiments.h"

namespace osext {
namespace {

constexpr std::array<std::pair<MachineId, std::string_view>, 4> kMachines{{
    {MachineId::sim, "sim"},
    {MachineId::kvm, "kvm"},
    {MachineId::native, "native"},
    {MachineId::smp, "smp"},
}};

// The floors that the tables divide are totals of batches of this many operations.
constexpr std::uint64_t kBatchOps = 1000;

MechanismInfo linux_info() {
  MechanismInfo info;
  info.id = "linux";
  info.title = "plain Linux";
  info.offers = {Capability::baseline, Capability::system_calls, Capability::peers,
                 Capability::signals,  Capability::processes,    Capability::timers,
                 Capability::packets,  Capability::faults,       Capability::tracing,
                 Capability::monitors, Capability::management};
  info.variants["udp_stream"] = {{{"policy", "same_prio"}}, {{"policy", "diff_prio"}}};
  info.lacks = {
      {Capability::extension, "plain Linux has no protected extension that a process can call"},
      {Capability::calls, "plain Linux has no protected extension that a process can call"},
      {Capability::threads, "plain Linux runs protected code as processes: see rpc_peer"},
      {Capability::interposition, "on plain Linux another process interposes by ptrace: see there"},
      {Capability::upcalls, "plain Linux tells a process of events by signals: see signal_self"},
      {Capability::timer_upcalls,
       "plain Linux tells a process of timers by signals: see signal_self"},
  };
  info.lacks[Capability::budgets] =
      "plain Linux runs verified code in the kernel to its end: see verifier_bound";
  for (const char* policy : {"SCHED_OTHER", "SCHED_RR"})
    for (const char* receiver : {"sleeping", "spinning"})
      info.variants["signal_interval"].push_back({{"policy", policy}, {"receiver", receiver}});
  info.variants["nanosleep"] = {{{"policy", "SCHED_OTHER"}}};
  info.variants["monitor_handler"] = {{{"signals", "none"}}, {{"signals", "each"}}};
  // Nobody; the slides' user-level process; the same with the other mechanisms' actuator.
  info.variants["cpu_shares"] = {{{"manager", "none"}}};
  for (const char* actuator : {"sigstop", "priority"})
    for (const char* pid : {"printed", "textbook"})
      info.variants["cpu_shares"].push_back(
          {{"actuator", actuator}, {"manager", "process"}, {"pid", pid}});
  return info;
}

MechanismInfo ptrace_info() {
  const std::string plain = "the same as plain Linux: ptrace only interposes";
  MechanismInfo info;
  info.id = "ptrace";
  info.title = "POSIX ptrace";
  info.offers = {Capability::interposition, Capability::tracing};
  info.lacks = {
      {Capability::baseline, plain},
      {Capability::system_calls, plain},
      {Capability::peers, plain},
      {Capability::signals, plain},
      {Capability::processes, plain},
      {Capability::timers, plain},
      {Capability::packets, plain},
      {Capability::upcalls, plain},
      {Capability::timer_upcalls, plain},
      {Capability::faults, plain},
      {Capability::extension, "a tracer sees a process's system calls; it cannot be called"},
      {Capability::calls, "a tracer sees a process's system calls; it cannot be called"},
      {Capability::threads, plain},
      {Capability::monitors, plain},
      {Capability::management, plain},
      {Capability::budgets, plain},
  };
  info.variants["interpose"] = {{{"variant", "getregs"}}, {{"variant", "get_syscall_info"}}};
  info.reach["interpose"] = Reach::enclosed;
  return info;
}

MechanismInfo hijack_info() {
  const std::string plain = "Hijack leaves it to the kernel: see linux";
  const std::vector<Params> saves = {{{"save", "full"}}, {{"save", "minimal"}}};
  MechanismInfo info;
  info.id = "hijack";
  info.title = "Hijack";
  info.needs_module = true;
  info.offers = {Capability::system_calls, Capability::interposition, Capability::extension,
                 Capability::calls,        Capability::peers,         Capability::timers,
                 Capability::packets,      Capability::faults,        Capability::timer_upcalls,
                 Capability::tracing,      Capability::management};
  info.variants["udp_stream"] = {{{"policy", "hijack"}}};
  info.variants["cpu_shares"] = {{{"policy", "reserve"}}};
  for (const char* workload : {"traced_call", "traced_program"})
    info.variants[workload] = {{{"policy", "trace"}}};
  info.lacks = {
      {Capability::baseline, plain},
      {Capability::signals, plain},
      {Capability::processes, plain},
      {Capability::upcalls,
       "events reach the executive, not an extension in the process that runs"},
      {Capability::threads,
       "the executive runs on one thread of its own, and guests are processes"},
      {Capability::budgets, "the executive's policies are trusted: nothing ends one"},
      {Capability::monitors,
       "the executive runs its guests itself and knows what they had: cpu_service"},
  };
  const std::vector<Params> modules = {{{"module", "absent"}}, {{"module", "loaded"}}};
  info.variants["null_syscall"] = modules;
  // What interrupts a guest comes in two ways; its touch of the executive, a fault, in a third.
  info.variants["upcall_timer"] = {{{"delivery", "hook"}}, {{"delivery", "handler"}}};
  info.variants["fault"] = {
      {{"address", "executive"}}, {{"delivery", "hook"}}, {{"delivery", "handler"}}};
  for (const char* workload : {"trap", "return", "rpc", "interpose"}) {
    info.variants[workload] = saves;
    info.reach[workload] = Reach::enclosed;
  }
  info.variants["nanosleep"] = {{{"policy", "hijack"}}, {{"policy", "hijack_extended"}}};
  // The switch as it would be without the stub: through the kernel's own entry.
  info.variants["rpc"].push_back({{"engine", "entry"}, {"save", "full"}});
  // And where there is no other, because page tables are isolated.
  for (const char* workload : {"null_syscall", "trap", "return", "rpc", "interpose"}) {
    std::vector<Params> all = info.variants[workload];
    if (info.reach.contains(workload))
      all.push_back({{"engine", "entry"}, {"pti", "on"}, {"save", "full"}});
    else
      for (Params params : modules) {
        params["pti"] = "on";
        all.push_back(params);
      }
    info.variants[fmt::format("primitive_cost/{}", workload)] = all;
  }
  // The guest's pages are global on the simulated machine, as in the paper, and then a switch of
  // guests must flush all of them; what it costs without.
  info.variants["primitive_cost/rpc_peer"] = {{}, {{"global", "off"}}};
  // Figure 4: the headline's way, with the guest's pages global and not.
  info.variants["tlb_working_set/rpc"] = {{{"global", "on"}, {"save", "full"}},
                                          {{"global", "off"}, {"save", "full"}}};
  return info;
}

MechanismInfo uls_info() {
  const std::string plain = "ULS leaves it to the kernel: see linux";
  const std::string only_events = "ULS tells extensions of events; they change nothing about them";
  MechanismInfo info;
  info.id = "uls";
  info.title = "ULS";
  info.needs_module = true;
  info.offers = {Capability::system_calls, Capability::upcalls,   Capability::timer_upcalls,
                 Capability::calls,        Capability::peers,     Capability::threads,
                 Capability::timers,       Capability::tracing,   Capability::packets,
                 Capability::budgets,      Capability::management};
  info.lacks = {
      {Capability::baseline, plain},
      {Capability::signals, plain},
      {Capability::processes, plain},
      {Capability::extension, "the one way into the sandbox is an upcall's, whoever asks for it"},
      {Capability::interposition, only_events},
      {Capability::faults, "a fault is one of the events that upcalls tell: see upcall_return"},
      {Capability::monitors,
       "an upcall cannot ask for another task's time, only see whom it interrupts: cpu_service"},
  };
  const std::vector<Params> modes = {{{"mode", "present"}}, {{"mode", "us"}}};
  info.variants["null_syscall"] = {{{"module", "absent"}}, {{"module", "loaded"}}};
  for (const char* workload : {"upcall", "upcall_timer", "upcall_return", "rpc"})
    info.variants[workload] = modes;
  info.variants["rpc_peer"] = {{{"through", "sandbox"}}, {{"through", "pipe"}}};
  // The slides vary one side's working set: calls in its own address space, and of a thread's.
  for (const char* workload : {"tlb_working_set/rpc", "tlb_working_set/rpc_peer"})
    info.variants[workload] = {{}};
  for (const char* workload : {"upcall", "upcall_return"})
    info.variants[workload].push_back({{"by", "iret"}, {"mode", "present"}});
  for (const char* pid : {"printed", "textbook"})
    info.variants["cpu_shares"].push_back({{"actuator", "priority"}, {"pid", pid}});
  info.variants["udp_stream"] = {{{"policy", "uls"}}};
  for (const char* workload : {"traced_call", "traced_program"})
    info.variants[workload] = {{{"tracer", "upcall"}}, {{"tracer", "thread"}}};
  info.variants["signal_interval"] = {{{"hosts", "all"}}, {{"hosts", "one"}}};
  info.variants["nanosleep"] = {{{"hosts", "all"}}};
  // What opening does to the TLB: as the slides have it, and by the sandbox's own two pages.
  for (const char* workload : {"upcall_tlb", "tlb_reload"})
    info.variants[workload] = {{{"flush", "cr3"}, {"mode", "us"}},
                               {{"flush", "cr3"}, {"mode", "present"}},
                               {{"flush", "invlpg"}, {"mode", "us"}}};
  return info;
}

MechanismInfo safex_info() {
  const std::string plain = "SafeX leaves it to the kernel: see linux";
  const std::string in_kernel = "SafeX's extensions run in the kernel, not in a process: see rpc";
  MechanismInfo info;
  info.id = "safex";
  info.title = "SafeX";
  info.needs_module = true;
  info.offers = {Capability::system_calls, Capability::calls,         Capability::monitors,
                 Capability::budgets,      Capability::management,    Capability::timers,
                 Capability::tracing,      Capability::interposition, Capability::packets};
  info.lacks = {
      {Capability::baseline, plain},
      {Capability::signals, plain},
      {Capability::processes, plain},
      {Capability::extension, in_kernel},
      {Capability::peers, in_kernel},
      {Capability::threads, "an extension runs in a bottom half, which is no thread"},
      {Capability::upcalls, in_kernel},
      {Capability::timer_upcalls, in_kernel},
      {Capability::faults, "SafeX's events are system calls, packets, timers and what is raised"},
  };
  info.variants["null_syscall"] = {{{"module", "absent"}}, {{"module", "loaded"}}};
  info.variants["primitive_cost/null_syscall"] = info.variants["null_syscall"];
  info.variants["primitive_cost/null_syscall"].push_back(
      {{"module", "loaded"}, {"watched", "another"}});
  // A counter that the timer interrupt decrements, as in the slides, or a timer of its own.
  for (const char* workload :
       {"primitive_cost/rpc", "interpose", "monitor_handler", "runaway", "in_budget"})
    info.variants[workload] = {{{"budget", "tick"}}, {{"budget", "hrtimer"}}};
  for (const char* pid : {"printed", "textbook"})
    info.variants["cpu_shares"].push_back({{"actuator", "priority"}, {"pid", pid}});
  info.variants["udp_stream"] = {{{"policy", "safex"}}};
  info.variants["nanosleep"] = {{{"until", "extension"}}, {{"until", "process"}}};
  // The marks stand in the kernel, around the round.
  info.reach["monitor_handler"] = Reach::enclosed;
  return info;
}

// What the mechanism adds to a row of the experiment.
std::vector<Params> own_variants(const Experiment& experiment, const MechanismInfo& mechanism,
                                 const Row& row) {
  for (const std::string& key : {experiment.id + "/" + row.workload, row.workload}) {
    const auto own = mechanism.variants.find(key);
    if (own != mechanism.variants.end()) return own->second;
  }
  return {{}};
}

bool has(const std::vector<Capability>& offers, Capability wanted) {
  return std::find(offers.begin(), offers.end(), wanted) != offers.end();
}

template <class T>
const T& find_by_id(const std::vector<T>& all, std::string_view id, std::string_view what) {
  std::vector<std::string> ids;
  for (const T& one : all) {
    if (one.id == id) return one;
    ids.push_back(one.id);
  }
  throw std::invalid_argument(
      fmt::format("there is no {} '{}'; there are: {}", what, id, fmt::join(ids, ", ")));
}

// Parameters that are words on the kernel's command line.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kBootParams{{
    {"highres", "off"},      // timers expire at clock ticks only
    {"mitigations", "off"},  // none against speculative execution
    {"pti", "on"},           // page-table isolation, needed or not
}};

PlannedCell planned(const Experiment& experiment, const MechanismInfo& mechanism, const Row& row,
                    Params params, const PlanOptions& options) {
  PlannedCell plan;
  plan.cell = {experiment.id, mechanism.id, row.workload, std::move(params)};
  plan.series = {options.operations, 1, options.warmup, 0, row.reach};
  const auto wider = mechanism.reach.find(row.workload);
  if (wider != mechanism.reach.end()) plan.series.reach = wider->second;
  const auto module = plan.cell.params.find("module");
  const bool without_module = module != plan.cell.params.end() && module->second == "absent";
  if (!mechanism.needs_module || without_module) plan.phase = Phase::bare;
  plan.reports = row.reports;
  plan.labels = row.labels;
  if (!row.reports.empty()) {
    plan.series.count = 1;
    plan.series.warmup = 0;
  }
  if (row.count.quick != 0) plan.series.count = options.full ? row.count.full : row.count.quick;
  if (row.warmup.quick != 0) plan.series.warmup = options.full ? row.warmup.full : row.warmup.quick;
  plan.window = std::chrono::milliseconds(options.full ? row.window_ms.full : row.window_ms.quick);
  plan.boot = boot_words(plan.cell.params);
  if (options.machine == MachineId::native && !plan.boot.empty()) {
    plan.skip_reason =
        fmt::format("needs a kernel booted with {}: in a virtual machine only", plan.boot);
    plan.boot.clear();
  }
  const auto policy = plan.cell.params.find("policy");
  std::string only_virtual = row.only_virtual;
  if (policy != plan.cell.params.end() && policy->second == "SCHED_RR")
    only_virtual = "real-time tasks that never rest would starve this computer";
  if (options.machine == MachineId::native && !only_virtual.empty())
    plan.skip_reason = only_virtual + ": in a virtual machine only";
  const bool substitute = row.without_module_natively && options.machine == MachineId::native;
  if ((mechanism.needs_module || (!row.module.empty() && !substitute)) && !options.modules)
    plan.skip_reason = "kernel modules are loaded inside a virtual machine only";
  // A substitute may need more of the computer than it has.
  plan.must_be_ok = plan.skip_reason.empty() && options.machine != MachineId::smp && !substitute;
  return plan;
}

PlannedCell in_batches(PlannedCell plan, std::uint64_t operations) {
  plan.cell.params["sampling"] = "batch";
  plan.series.ops = kBatchOps;
  plan.series.count = std::clamp<std::uint64_t>(operations / kBatchOps, 2, 10);
  plan.series.warmup = 1;
  return plan;
}

}  // namespace

std::string_view to_string(MachineId machine) {
  for (const auto& [value, name] : kMachines)
    if (value == machine) return name;
  throw std::invalid_argument("unknown machine");
}

MachineId parse_machine(std::string_view text) {
  for (const auto& [value, name] : kMachines)
    if (name == text) return value;
  throw std::invalid_argument(
      fmt::format("'{}' is no machine; there are: sim, kvm, native, smp", text));
}

const std::vector<Experiment>& experiments() {
  static const std::vector<Experiment> all = {
      primitive_cost(), tlb_working_set(), event_interarrival(), nanosleep_jitter(),
      udp_qos(),        syscall_tracing(), cpu_service(),        extension_abort()};
  return all;
}

const std::vector<MechanismInfo>& mechanisms() {
  static const std::vector<MechanismInfo> all = {linux_info(), ptrace_info(), hijack_info(),
                                                 uls_info(), safex_info()};
  return all;
}

const Experiment& find_experiment(std::string_view id) {
  return find_by_id(experiments(), id, "experiment");
}

const MechanismInfo& find_mechanism(std::string_view id) {
  return find_by_id(mechanisms(), id, "mechanism");
}

std::vector<PlannedCell> plan_cells(const Experiment& experiment, const MechanismInfo& mechanism,
                                    const PlanOptions& options) {
  std::vector<PlannedCell> cells;
  for (const Row& row : experiment.rows) {
    if (!has(mechanism.offers, row.needs)) continue;
    if (!options.only.empty() &&
        std::find(options.only.begin(), options.only.end(), row.workload) == options.only.end())
      continue;
    std::vector<Params> variants = row.variants;
    if (options.full) variants.insert(variants.end(), row.full_only.begin(), row.full_only.end());
    for (const Params& theirs : own_variants(experiment, mechanism, row)) {
      for (const Params& variant : variants) {
        Params params = theirs;
        params.insert(variant.begin(), variant.end());
        cells.push_back(planned(experiment, mechanism, row, params, options));
        if (row.batch) cells.push_back(in_batches(cells.back(), options.operations));
      }
    }
  }
  std::stable_sort(cells.begin(), cells.end(), [](const PlannedCell& a, const PlannedCell& b) {
    return a.phase == Phase::bare && b.phase != Phase::bare;
  });
  return cells;
}

std::string boot_words(const Params& params) {
  std::string words;
  for (const auto& [key, value] : kBootParams) {
    const auto found = params.find(std::string(key));
    if (found == params.end() || found->second != value) continue;
    words += fmt::format("{}{}={}", words.empty() ? "" : " ", key, value);
  }
  return words;
}

bool only_reports(const Experiment& experiment) {
  return std::all_of(experiment.rows.begin(), experiment.rows.end(),
                     [](const Row& row) { return !row.reports.empty(); });
}

std::vector<Gap> gaps(const Experiment& experiment) {
  std::vector<Gap> all;
  for (const MechanismInfo& mechanism : mechanisms())
    for (const Row& row : experiment.rows) {
      // A workload may stand in several rows; one that is measured is no gap.
      const bool closed =
          std::any_of(experiment.rows.begin(), experiment.rows.end(), [&](const Row& other) {
            return other.workload == row.workload && has(mechanism.offers, other.needs);
          });
      const bool listed = std::any_of(all.begin(), all.end(), [&](const Gap& gap) {
        return gap.mechanism == mechanism.id && gap.workload == row.workload;
      });
      if (!closed && !listed)
        all.push_back({mechanism.id, row.workload, mechanism.lacks.at(row.needs)});
    }
  return all;
}

}  // namespace osext
