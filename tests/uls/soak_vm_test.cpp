// SPDX-License-Identifier: GPL-2.0
// The checks with the counts that take long; each boots a machine of its own, so that each has a
// clean kernel log to show.
#include "tests/uls/checks_in_machine.h"

namespace osext {
namespace {

constexpr std::chrono::seconds kSoakLimit{1500};

class UlsSoak : public UlsTest {
 protected:
  void soak(const std::vector<std::string>& checks,
            std::unique_ptr<Machine> (*make)(const VmOptions&) = make_smp) {
    run(checks, make, {.limit = kSoakLimit});
  }
};

// 100,000 upcalls each, where an upcall is due after so many instructions and not when the host of
// the machine has time; and some with two CPUs, between which program and timer move.
TEST_P(UlsSoak, RegistersAndExtendedState) {
  soak({"registers_control", "everything_control", "everything:100000"}, make_sim);
}

TEST_P(UlsSoak, SignalsAndSystemCalls) {
  soak({"mixed:100000"}, make_sim);
}

TEST_P(UlsSoak, TwoCpus) {
  soak({"everything:10000", "mixed:10000"});
}

TEST_P(UlsSoak, Loads) {
  soak({"modules:1000", "load_often:1000"});
}

TEST_P(UlsSoak, RandomRequests) {
  soak({"random_requests:100000"});
}

TEST_P(UlsSoak, RandomEnds) {
  soak({"random_ends:1000"});
}

INSTANTIATE_TEST_SUITE_P(Kernels, UlsSoak, both_kernels(), name_of_kernel);

}  // namespace
}  // namespace osext
