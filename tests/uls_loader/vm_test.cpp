// SPDX-License-Identifier: GPL-2.0
// Runs guest/main.cpp in a machine with two CPUs, on both kernels.
#include "tests/checks/in_machine.h"

namespace osext {
namespace {

class UlsLoaderTest : public ChecksInMachine {
 protected:
  Unit program(const std::filesystem::path& modules) override {
    const std::string inside = "/run/osext/";
    Unit unit;
    unit.argv = {inside + "uls-loader-guest",   "1",
                 inside + "osext_uls.ko",       inside + "osext-uls",
                 inside + "uls-self-check.uls", inside + "overflow.uls"};
    unit.files = {{OSEXT_ULS_LOADER_GUEST, unit.argv[0], 0755},
                  {modules / "osext_uls.ko", unit.argv[2]},
                  {OSEXT_ULS_TOOL, unit.argv[3], 0755},
                  {OSEXT_ULS_SELF_CHECK, unit.argv[4]},
                  {OSEXT_ULS_OVERFLOW, unit.argv[5]}};
    return unit;
  }
};

TEST_P(UlsLoaderTest, LoadsAndRuns) {
  run({"events", "nothing_left", "by_tool"}, make_smp, {.limit = std::chrono::seconds(200)});
}

INSTANTIATE_TEST_SUITE_P(Kernels, UlsLoaderTest, both_kernels(), name_of_kernel);

}  // namespace
}  // namespace osext
