// SPDX-License-Identifier: GPL-2.0
// The same checks with the counts that take long; each boots a machine of its own, so that each
// has a clean kernel log to show.
#include "tests/hijack/checks_in_machine.h"

namespace osext {
namespace {

constexpr std::chrono::seconds kSoakLimit{1500};

class HijackSoak : public HijackTest {
 protected:
  void soak(const std::vector<std::string>& checks) {
    run(checks, make_smp, {.limit = kSoakLimit});
  }
};

// Each round is two calls: 500,000, every register of each compared, from CPU to CPU.
TEST_P(HijackSoak, RegistersWhileMoving) {
  soak({"registers_control", "migration:250000"});
}

TEST_P(HijackSoak, StaleTranslations) {
  soak({"stale_translations:25000", "stale_translations_moving:4000",
        "stale_translations_moving_control:400", "flush_by_page_control"});
}

TEST_P(HijackSoak, KillsOfEverybody) {
  soak({"kills_of_everybody:1000", "kills:200"});
}

TEST_P(HijackSoak, LoadUnderLoad) {
  soak({"load_under_load:200"});
}

// 50 calls a round.
TEST_P(HijackSoak, RandomDeviceCalls) {
  soak({"random_calls:2000"});
}

TEST_P(HijackSoak, RandomOperations) {
  soak({"random_operations:100000"});
}

INSTANTIATE_TEST_SUITE_P(Kernels, HijackSoak, both_kernels(), name_of_kernel);

}  // namespace
}  // namespace osext
