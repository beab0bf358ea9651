// SPDX-License-Identifier: GPL-2.0
// Runs the checks of guest/ in a machine with two CPUs and in the simulated one, all of a kernel in
// one boot, and reports each.
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
                                          "runaways_control",
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

INSTANTIATE_TEST_SUITE_P(Kernels, SafexTest, both_kernels(), name_of_kernel);

}  // namespace
}  // namespace osext
