// SPDX-License-Identifier: GPL-2.0
// Runs the checks of guest/ in a machine with two CPUs and in the simulated one, all of a kernel in
// one boot, and reports each.
#include <osext/marker.h>

#include <algorithm>

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

// Instructions between marks in the kernel, the runner's included.  The bounds are for 6.12; 6.1
// does not have others.
TEST_P(SafexTest, Costs) {
  constexpr std::pair<const char*, std::uint64_t> kBounds[] = {{"cost_monitor", 300},
                                                               {"cost_monitor_handler", 650}};
  for (const auto& [check, bound] : kBounds) {
    const UnitResult result = run({check}, make_sim, {.profile = "pentium4.profile"});
    const auto series = split_ring(result.ring);
    ASSERT_EQ(series.size(), 1U) << result.console;
    std::vector<std::uint64_t> costs;
    for (std::size_t i = 1; i < series[0].size(); ++i) {
      const osext_counters &from = series[0][i - 1], &to = series[0][i];
      if (from.operation != OSEXT_MARK_BEGIN || to.operation != OSEXT_MARK_END) continue;
      std::uint64_t sum = 0;
      for (int space = 0; space < OSEXT_SPACES; ++space)
        sum += to.instructions[space] - from.instructions[space];
      costs.push_back(sum);
    }
    ASSERT_GE(costs.size(), 290U) << check;
    std::sort(costs.begin(), costs.end());
    const std::uint64_t median = costs[costs.size() / 2];
    fmt::print("{} {}: {} instructions\n", GetParam(), check, median);
    EXPECT_LE(median, bound) << check;
    EXPECT_GT(median, 100U) << check;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, SafexTest, both_kernels(), name_of_kernel);

}  // namespace
}  // namespace osext
