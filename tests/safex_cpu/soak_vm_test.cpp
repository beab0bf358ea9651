// SPDX-License-Identifier: GPL-2.0
// The long counts.
#include "tests/safex_cpu/checks_in_machine.h"

namespace osext {
namespace {

TEST_P(SafexCpuTest, Soak) {
  run({"random_ends:20000"}, make_smp, {.limit = std::chrono::seconds(1500)});
}

INSTANTIATE_TEST_SUITE_P(Kernels, SafexCpuTest, both_kernels(), name_of_kernel);

}  // namespace
}  // namespace osext
