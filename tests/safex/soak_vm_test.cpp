// SPDX-License-Identifier: GPL-2.0
// The long counts, with two CPUs.
#include "tests/safex/checks_in_machine.h"

namespace osext {
namespace {

TEST_P(SafexTest, Aborts) {
  run({"many_aborts:10000"}, make_smp, {.limit = std::chrono::seconds(1700)});
}

TEST_P(SafexTest, RandomRequests) {
  run({"random_requests:100000"}, make_smp, {.limit = std::chrono::seconds(1700)});
}

TEST_P(SafexTest, Ends) {
  run({"load_often:1000", "unload_running:300", "creator_killed:300", "stale:1000",
       "revoked_held:300"},
      make_smp, {.limit = std::chrono::seconds(1700)});
}

INSTANTIATE_TEST_SUITE_P(Kernels, SafexTest, both_kernels(), name_of_kernel);

}  // namespace
}  // namespace osext
