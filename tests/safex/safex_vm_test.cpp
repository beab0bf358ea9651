// SPDX-License-Identifier: GPL-2.0
// Runs the checks of guest/ in a machine with two CPUs and in the simulated one, all of a kernel in
// one boot, and reports each.
#include <osext/marker.h>

#include <algorithm>
#include <map>

#include "benchmarks/ring_series.h"
#include "tests/safex/checks_in_machine.h"

namespace osext {
namespace {

const std::vector<std::string> kChecks = {"load_unload",
                                          "raise",
                                          "sets",
                                          "timers",
                                          "throttled",
                                          "throttled_control",
                                          "event_loop",
                                          "event_loop_control",
                                          "storm",
                                          "verifier",
                                          "off_list",
                                          "off_list_control",
                                          "rights",
                                          "rights_control",
                                          "out_of_range",
                                          "out_of_range_control",
                                          "revoked",
                                          "stale",
                                          "admission",
                                          "admission_control",
                                          "refusals",
                                          "who_may",
                                          "runaways",
                                          "held",
                                          "held_control",
                                          "budget",
                                          "budget_control",
                                          "condemned_control",
                                          "many_aborts",
                                          "load_often",
                                          "unload_running",
                                          "creator_killed",
                                          "module_stays",
                                          "without_btf",
                                          "calls",
                                          "calls_of_another",
                                          "calls_of_secret",
                                          "calls_of_secret_control",
                                          "calls_who_may",
                                          "calls_who_may_control",
                                          "calls_runaway",
                                          "calls_ends",
                                          "packets",
                                          "packets_runaway",
                                          "packets_who_may",
                                          "packets_who_may_control",
                                          "tokens",
                                          "tokens_control",
                                          "wake",
                                          "random_requests",
                                          "load_unload"};

TEST_P(SafexTest, TwoCpus) {
  std::vector<std::string> checks = kChecks;
  checks.insert(checks.end() - 1, {"revoked_held", "revoked_held_control"});
  run(checks, make_smp);
}

TEST_P(SafexTest, OneCpu) {
  run(kChecks, make_sim);
}

// Instructions between marks in the kernel, the runner's included: the median of what a check did
// again and again.
std::uint64_t median_of(const UnitResult& result) {
  const auto series = split_ring(result.ring);
  if (series.size() != 1) return 0;
  std::vector<std::uint64_t> costs;
  for (std::size_t i = 1; i < series[0].size(); ++i) {
    const osext_counters &from = series[0][i - 1], &to = series[0][i];
    if (from.operation != OSEXT_MARK_BEGIN || to.operation != OSEXT_MARK_END) continue;
    std::uint64_t sum = 0;
    for (int space = 0; space < OSEXT_SPACES; ++space)
      sum += to.instructions[space] - from.instructions[space];
    costs.push_back(sum);
  }
  EXPECT_GE(costs.size(), 290U) << result.console;
  if (costs.empty()) return 0;
  std::sort(costs.begin(), costs.end());
  return costs[costs.size() / 2];
}

// The bounds are for 6.12; 6.1 does not have others.
TEST_P(SafexTest, Costs) {
  std::map<std::string, std::uint64_t> cost;
  for (const char* check : {"cost_idle", "cost_monitor", "cost_monitor_handler"}) {
    cost[check] = median_of(run({check}, make_sim, {.profile = "pentium4.profile"}));
    fmt::print("{} {}: {} instructions\n", GetParam(), check, cost[check]);
  }
  EXPECT_GT(cost["cost_idle"], 50U);
  EXPECT_LE(cost["cost_idle"], 150U);
  // A monitor's run: what it and the functions that it calls execute.
  EXPECT_GT(cost["cost_monitor"], cost["cost_idle"] + 50);
  EXPECT_LE(cost["cost_monitor"], cost["cost_idle"] + 200);
  EXPECT_LE(cost["cost_monitor_handler"], 650U);
}

INSTANTIATE_TEST_SUITE_P(Kernels, SafexTest, both_kernels(), name_of_kernel);

}  // namespace
}  // namespace osext
