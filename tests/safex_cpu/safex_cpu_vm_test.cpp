// SPDX-License-Identifier: GPL-2.0
// Runs the checks of guest/ in a machine with two CPUs and in the simulated one, all of a kernel in
// one boot, and reports each.
#include "tests/safex_cpu/checks_in_machine.h"

namespace osext {
namespace {

const std::vector<std::string> kChecks = {"time_is_right",
                                          "killed_while_blocked",
                                          "signal_waits",
                                          "stopped",
                                          "traced",
                                          "asleep",
                                          "in_kernel",
                                          "execs",
                                          "forks",
                                          "other_threads",
                                          "restored",
                                          "sum_is_held",
                                          "limit_is_a_parameter",
                                          "too_many",
                                          "refusals",
                                          "rights",
                                          "creator_killed",
                                          "manages_itself",
                                          "does_not_unload",
                                          "runs_without_thread",
                                          "guard",
                                          "isolated",
                                          "isolated_control",
                                          "any_order",
                                          "random_ends"};

// Shares: where time is the wall's, samples may be late by any time.
const std::vector<std::string> kShares = {
    "capped", "capped_control", "raised", "raised_control", "three", "adapts", "guard_blocks"};

TEST_P(SafexCpuTest, TwoCpus) {
  run(kChecks, make_smp);
}

TEST_P(SafexCpuTest, OneCpu) {
  std::vector<std::string> checks = kChecks;
  checks.insert(checks.end(), kShares.begin(), kShares.end());
  run(checks, make_sim);
}

INSTANTIATE_TEST_SUITE_P(Kernels, SafexCpuTest, both_kernels(), name_of_kernel);

}  // namespace
}  // namespace osext
