// SPDX-License-Identifier: GPL-2.0
// The catalog: the product of experiments and mechanisms has no hole without a reason.
#include "benchmarks/catalog.h"

#include <gtest/gtest.h>
#include <osext/shared_region.h>

#include <algorithm>
#include <set>

namespace osext {
namespace {

std::vector<PlannedCell> plan(const char* mechanism, PlanOptions options = {}) {
  return plan_cells(find_experiment("primitive_cost"), find_mechanism(mechanism), options);
}

bool has(const std::vector<PlannedCell>& cells, const std::string& workload, const Params& params) {
  return std::any_of(cells.begin(), cells.end(), [&](const PlannedCell& p) {
    return p.cell.workload == workload && p.cell.params == params;
  });
}

TEST(Catalog, HasTheRowsOfThePapersTables) {
  const auto linux_cells = plan("linux");
  EXPECT_TRUE(has(linux_cells, "null_syscall", {}));
  EXPECT_TRUE(has(linux_cells, "null_syscall", {{"sampling", "batch"}}));
  EXPECT_TRUE(has(linux_cells, "rpc_peer", {{"bytes", "1"}}));
  EXPECT_TRUE(has(linux_cells, "signal_other", {{"leg", "round_trip"}}));
  EXPECT_TRUE(has(plan("ptrace"), "interpose", {{"variant", "get_syscall_info"}}));
  for (const char* workload : {"trap", "return", "rpc", "interpose"})
    for (const char* save : {"full", "minimal"})
      EXPECT_TRUE(has(plan("hijack"), workload, {{"save", save}})) << workload << save;
  EXPECT_TRUE(has(plan("hijack"), "rpc", {{"engine", "entry"}, {"save", "full"}}));
  EXPECT_TRUE(has(linux_cells, "fault", {}));
  EXPECT_TRUE(has(plan("hijack"), "fault", {{"address", "executive"}}));
  for (const char* delivery : {"hook", "handler"})
    for (const char* workload : {"fault", "upcall_timer"})
      EXPECT_TRUE(has(plan("hijack"), workload, {{"delivery", delivery}})) << workload << delivery;
}

TEST(Catalog, MeasuresPageTableIsolationOnAKernelOfItsOwn) {
  const Params isolated = {{"engine", "entry"}, {"pti", "on"}, {"save", "full"}};
  for (const char* workload : {"trap", "return", "rpc", "interpose"})
    EXPECT_TRUE(has(plan("hijack"), workload, isolated)) << workload;
  for (const char* module : {"absent", "loaded"})
    EXPECT_TRUE(has(plan("hijack"), "null_syscall", {{"module", module}, {"pti", "on"}}));
  for (const PlannedCell& p : plan("hijack"))
    EXPECT_EQ(p.boot, p.cell.params.contains("pti") ? "pti=on" : "");
}

TEST(Catalog, GivesEveryCellOnceAndEveryGapAReason) {
  for (const Experiment& experiment : experiments()) {
    std::set<Cell> cells;
    for (const MechanismInfo& mechanism : mechanisms())
      for (const PlannedCell& p : plan_cells(experiment, mechanism, {}))
        EXPECT_TRUE(cells.insert(p.cell).second) << p.cell.workload << to_string(p.cell.params);
    const auto all_gaps = gaps(experiment);
    for (const Gap& gap : all_gaps) EXPECT_FALSE(gap.reason.empty()) << gap.workload;
    for (const MechanismInfo& mechanism : mechanisms())
      for (const Row& row : experiment.rows) {
        const bool cell = std::any_of(cells.begin(), cells.end(), [&](const Cell& c) {
          return c.mechanism == mechanism.id && c.workload == row.workload;
        });
        const bool gap = std::any_of(all_gaps.begin(), all_gaps.end(), [&](const Gap& g) {
          return g.mechanism == mechanism.id && g.workload == row.workload;
        });
        EXPECT_NE(cell, gap) << mechanism.id << " " << row.workload;
      }
  }
}

TEST(Catalog, MeasuresWithoutTheModuleFirst) {
  const auto cells = plan("hijack");
  ASSERT_FALSE(cells.empty());
  EXPECT_EQ(cells.front().cell.params.at("module"), "absent");
  const auto loaded = std::find_if(cells.begin(), cells.end(),
                                   [](const auto& p) { return p.phase == Phase::ready; });
  EXPECT_TRUE(
      std::all_of(loaded, cells.end(), [](const auto& p) { return p.phase == Phase::ready; }));
}

TEST(Catalog, RequiresCellsOnlyWhereTheyCanBeMeasured) {
  for (const PlannedCell& p : plan("hijack", {.machine = MachineId::native, .modules = false})) {
    EXPECT_FALSE(p.skip_reason.empty());
    EXPECT_FALSE(p.must_be_ok);
  }
  for (const PlannedCell& p : plan("hijack", {.machine = MachineId::sim}))
    EXPECT_TRUE(p.must_be_ok);
  for (const PlannedCell& p : plan("linux", {.machine = MachineId::native, .modules = false}))
    EXPECT_TRUE(p.must_be_ok);
}

TEST(Catalog, TakesFloorsFromBatchesOfAThousand) {
  for (const std::uint64_t operations : {1'000, 10'000})
    for (const PlannedCell& p :
         plan("linux", {.operations = operations, .full = operations == 10'000})) {
      const bool dear =
          p.cell.workload == "read_proc_stat" || p.cell.workload == "monitor_handler";
      if (p.cell.params.contains("sampling")) {
        EXPECT_EQ(p.series.ops, 1000u);
        EXPECT_GE(p.series.count, 2u);
      } else {
        EXPECT_EQ(p.series.ops, 1u);
        EXPECT_EQ(p.series.count, dear ? std::min<std::uint64_t>(operations, 2'000) : operations)
            << p.cell.workload;
      }
    }
}

TEST(Catalog, BootsWhatParametersOfTheMachineAskFor) {
  EXPECT_EQ(boot_words({}), "");
  EXPECT_EQ(boot_words({{"highres", "on"}, {"save", "full"}}), "");
  EXPECT_EQ(boot_words({{"highres", "off"}, {"mitigations", "off"}}),
            "highres=off mitigations=off");
}

TEST(Catalog, SweepsWorkingSetsToTheEndOfEveryTlb) {
  const auto plan_of = [](const char* mechanism, bool full) {
    PlanOptions options;
    options.full = full;
    options.operations = full ? 10'000 : 1'000;
    return plan_cells(find_experiment("tlb_working_set"), find_mechanism(mechanism), options);
  };
  const auto quick = plan_of("linux", false), full = plan_of("linux", true);
  for (const char* pages : {"0", "64", "160", "4096"}) {
    EXPECT_TRUE(has(quick, "null_syscall", {{"kind", "data"}, {"pages", pages}})) << pages;
    EXPECT_TRUE(has(quick, "rpc_peer", {{"bytes", "4"}, {"kind", "data"}, {"pages", pages}}))
        << pages;
  }
  for (const char* pages : {"0", "128", "320", "1024"})
    EXPECT_TRUE(has(quick, "null_syscall", {{"kind", "code"}, {"pages", pages}})) << pages;
  // A full run has the points between, too, and measures each more often.
  EXPECT_GT(full.size(), quick.size());
  for (const PlannedCell& p : quick) EXPECT_TRUE(has(full, p.cell.workload, p.cell.params));
  EXPECT_EQ(quick.back().series.count, 50u);
  EXPECT_EQ(full.back().series.count, 300u);
  EXPECT_TRUE(has(plan_of("hijack", false), "null_syscall", {{"module", "absent"}}));
  // All marks of a unit must fit into the counter ring.
  for (const char* mechanism : {"linux", "hijack"}) {
    std::uint64_t marks = 0;
    for (const PlannedCell& p : plan_of(mechanism, true)) marks += 1 + 2 * p.series.pairs();
    EXPECT_LT(marks, OSEXT_REGION_RING_ENTRIES) << mechanism;
  }
}

TEST(Catalog, MeasuresTimersUnderEveryLoad) {
  const auto cells = [](const char* experiment, PlanOptions options) {
    return plan_cells(find_experiment(experiment), find_mechanism("linux"), options);
  };
  for (const char* load : {"0", "1", "2", "3", "4"}) {
    for (const char* policy : {"SCHED_OTHER", "SCHED_RR"})
      for (const char* receiver : {"sleeping", "spinning"})
        EXPECT_TRUE(has(cells("event_interarrival", {}), "signal_interval",
                        {{"background", load}, {"policy", policy}, {"receiver", receiver}}));
    EXPECT_TRUE(has(cells("nanosleep_jitter", {}), "nanosleep",
                    {{"background", load}, {"policy", "SCHED_OTHER"}}));
    EXPECT_TRUE(has(cells("nanosleep_jitter", {}), "nanosleep",
                    {{"background", load}, {"highres", "off"}, {"policy", "SCHED_OTHER"}}));
  }
  for (const PlannedCell& p : cells("nanosleep_jitter", {})) {
    EXPECT_EQ(p.boot, p.cell.params.contains("highres") ? "highres=off" : "");
    EXPECT_EQ(p.series.count, 21u);
    EXPECT_EQ(p.reports.size(), 3u);
  }
  for (const PlannedCell& p : cells("nanosleep_jitter", {.full = true}))
    EXPECT_EQ(p.series.count, 201u);
  EXPECT_LT(cells("event_interarrival", {}).front().window,
            cells("event_interarrival", {.full = true}).front().window);
}

TEST(Catalog, HasTheRowsOfTheSlidesSafexTable) {
  const auto cells = plan("linux");
  for (const char* signal : {"stop", "continue"})
    EXPECT_TRUE(has(cells, "signal_other", {{"role", "manager"}, {"signal", signal}}));
  EXPECT_TRUE(has(cells, "context_switch", {{"role", "manager"}}));
  EXPECT_TRUE(has(cells, "read_proc_stat", {{"fd", "kept"}}));
  for (const char* tasks : {"1", "3"})
    for (const char* signals : {"none", "each"})
      EXPECT_TRUE(has(cells, "monitor_handler", {{"signals", signals}, {"tasks", tasks}}));
  // They end in the caller, but for the switch.
  for (const PlannedCell& p : cells) {
    if (!p.cell.params.contains("role")) continue;
    EXPECT_EQ(p.series.reach,
              p.cell.workload == "context_switch" ? Reach::other_process : Reach::caller);
  }
  const auto& further = find_experiment("primitive_cost").further_profiles;
  ASSERT_EQ(further.size(), 1u);
  EXPECT_EQ(further[0].profile, "pentium3");
}

TEST(Catalog, ManagesSharesInEachWayOfTheSlides) {
  const auto cells = plan_cells(find_experiment("cpu_service"), find_mechanism("linux"), {});
  EXPECT_TRUE(has(cells, "cpu_shares", {{"manager", "none"}}));
  for (const char* actuator : {"sigstop", "priority"})
    for (const char* pid : {"printed", "textbook"})
      EXPECT_TRUE(
          has(cells, "cpu_shares", {{"actuator", actuator}, {"manager", "process"}, {"pid", pid}}));
  const auto by_uls = plan_cells(find_experiment("cpu_service"), find_mechanism("uls"), {});
  for (const char* pid : {"printed", "textbook"})
    EXPECT_TRUE(has(by_uls, "cpu_shares", {{"actuator", "priority"}, {"pid", pid}}));
  EXPECT_TRUE(has(plan_cells(find_experiment("cpu_service"), find_mechanism("hijack"), {}),
                  "cpu_shares", {{"policy", "reserve"}}));
  // Real-time tasks that burn the processor: not on somebody's computer.
  PlanOptions native;
  native.machine = MachineId::native;
  for (const char* experiment : {"cpu_service", "extension_abort"})
    for (const PlannedCell& p :
         plan_cells(find_experiment(experiment), find_mechanism("linux"), native)) {
      EXPECT_FALSE(p.skip_reason.empty()) << experiment;
      EXPECT_FALSE(p.must_be_ok) << experiment;
    }
}

TEST(Catalog, EndsExtensionsUnderEveryBudget) {
  const auto cells = plan_cells(find_experiment("extension_abort"), find_mechanism("uls"), {});
  for (const char* budget : {"50", "100", "200", "500", "1000", "2000", "5000", "10000"})
    EXPECT_TRUE(has(cells, "runaway", {{"budget_us", budget}})) << budget;
  EXPECT_TRUE(has(plan_cells(find_experiment("extension_abort"), find_mechanism("linux"), {}),
                  "verifier_bound", {{"nested", "1"}}));
}

TEST(Catalog, MeasuresUlsAsTheSlidesDo) {
  const auto cells = [](const char* experiment) {
    return plan_cells(find_experiment(experiment), find_mechanism("uls"), {});
  };
  for (const char* mode : {"present", "us"}) {
    for (const char* workload : {"upcall", "upcall_return", "upcall_timer"})
      EXPECT_TRUE(has(cells("primitive_cost"), workload, {{"mode", mode}})) << workload;
    for (const char* workload : {"upcall_tlb", "tlb_reload"})
      EXPECT_TRUE(has(cells("primitive_cost"), workload, {{"flush", "cr3"}, {"mode", mode}}));
  }
  for (const char* workload : {"upcall", "upcall_return"})
    EXPECT_TRUE(has(cells("primitive_cost"), workload, {{"by", "iret"}, {"mode", "present"}}));
  for (const char* load : {"0", "4"}) {
    for (const char* hosts : {"all", "one"})
      EXPECT_TRUE(has(cells("event_interarrival"), "signal_interval",
                      {{"background", load}, {"hosts", hosts}}));
    EXPECT_TRUE(
        has(cells("nanosleep_jitter"), "nanosleep", {{"background", load}, {"hosts", "all"}}));
  }
  for (const char* tracer : {"upcall", "thread"}) {
    EXPECT_TRUE(has(cells("syscall_tracing"), "traced_call", {{"tracer", tracer}}));
    for (const char* program : {"gzip", "sh"})
      EXPECT_TRUE(has(cells("syscall_tracing"), "traced_program",
                      {{"program", program}, {"tracer", tracer}}));
  }
  for (const PlannedCell& p : cells("syscall_tracing")) EXPECT_TRUE(p.must_be_ok);
}

TEST(Catalog, RunsSafexOnEveryKindOfEvent) {
  const auto cells = [](const char* experiment) {
    return plan_cells(find_experiment(experiment), find_mechanism("safex"), {});
  };
  for (const char* budget : {"tick", "hrtimer"})
    EXPECT_TRUE(has(cells("primitive_cost"), "interpose", {{"budget", budget}}));
  EXPECT_TRUE(
      has(cells("primitive_cost"), "null_syscall", {{"module", "loaded"}, {"watched", "another"}}));
  EXPECT_TRUE(has(cells("event_interarrival"), "signal_interval", {{"background", "4"}}));
  for (const char* until : {"extension", "process"})
    EXPECT_TRUE(
        has(cells("nanosleep_jitter"), "nanosleep", {{"background", "4"}, {"until", until}}));
  EXPECT_TRUE(has(cells("udp_qos"), "udp_stream", {{"policy", "safex"}, {"streams", "paper"}}));
}

// No cell of the matrix is blank: what is not measured has a reason.
TEST(Catalog, MeasuresOrSaysWhyNot) {
  for (const Experiment& experiment : experiments())
    for (const MechanismInfo& mechanism : mechanisms())
      for (const Row& row : experiment.rows) {
        const auto& offers = mechanism.offers;
        const bool offered = std::find(offers.begin(), offers.end(), row.needs) != offers.end();
        const auto reason = mechanism.lacks.find(row.needs);
        EXPECT_NE(offered, reason != mechanism.lacks.end() && !reason->second.empty())
            << experiment.id << " " << mechanism.id << " " << row.workload;
      }
}

// Every tracer has the same two programs, and calls.
TEST(Catalog, TracesTheSameEverywhere) {
  for (const char* mechanism : {"linux", "ptrace", "hijack", "uls", "safex"}) {
    std::set<std::string> traced;
    for (const PlannedCell& p :
         plan_cells(find_experiment("syscall_tracing"), find_mechanism(mechanism), {})) {
      const auto program = p.cell.params.find("program");
      traced.insert(program == p.cell.params.end() ? p.cell.workload : program->second);
      EXPECT_EQ(p.reports, std::vector<std::string>{"time_ns"});
    }
    EXPECT_EQ(traced, (std::set<std::string>{"traced_call", "gzip", "sh", "tcc"})) << mechanism;
  }
}

// What needs another kernel command line, or would starve the computer, is for virtual machines.
TEST(Catalog, LeavesThisComputerAlone) {
  const PlanOptions native{.machine = MachineId::native, .modules = false};
  for (const char* experiment : {"event_interarrival", "nanosleep_jitter"})
    for (const PlannedCell& p :
         plan_cells(find_experiment(experiment), find_mechanism("linux"), native)) {
      const Params& params = p.cell.params;
      const bool harmless = !params.contains("highres") && params.at("policy") == "SCHED_OTHER";
      EXPECT_EQ(p.skip_reason.empty(), harmless) << to_string(params);
      EXPECT_EQ(p.must_be_ok, harmless);
      EXPECT_EQ(p.boot, "");
    }
}

TEST(Catalog, SelectsWorkloadsAndNamesUnknownIds) {
  EXPECT_EQ(plan("linux", {.only = {"rpc_peer"}}).size(), 2u);
  EXPECT_TRUE(plan("linux", {.only = {"nothing"}}).empty());
  EXPECT_THROW(find_mechanism("nothing"), std::invalid_argument);
  EXPECT_THROW(find_experiment("nothing"), std::invalid_argument);
  for (const char* id : {"sim", "kvm", "native", "smp"})
    EXPECT_EQ(to_string(parse_machine(id)), id);
  EXPECT_THROW(parse_machine("moon"), std::invalid_argument);
}

}  // namespace
}  // namespace osext
