// SPDX-License-Identifier: GPL-2.0
// Runs guest/main.cpp in a machine with two CPUs, on both kernels.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "machine/machine.h"
#include "machine/vm/kernel_log.h"
#include "machine/vm/setup_file.h"

namespace osext {
namespace {

namespace fs = std::filesystem;

class UlsLoaderTest : public testing::TestWithParam<const char*> {};

TEST_P(UlsLoaderTest, LoadsAndRuns) {
  const fs::path build = OSEXT_BUILD;
  try {
    read_setup(build / "setup.json", GetParam());
  } catch (const MachineError& error) {
    GTEST_SKIP() << error.what();
  }
  VmOptions options;
  options.build = build;
  options.kernel = GetParam();
  const std::string inside = "/run/osext/";
  Unit unit;
  unit.name = "uls_loader";
  unit.limit = std::chrono::seconds(120);
  unit.argv = {inside + "uls-loader-guest", inside + "osext_uls.ko", inside + "osext-uls",
               inside + "uls-self-check.uls", inside + "overflow.uls"};
  unit.files = {{OSEXT_ULS_LOADER_GUEST, unit.argv[0], 0755},
                {build / "modules" / GetParam() / "osext_uls.ko", unit.argv[1]},
                {OSEXT_ULS_TOOL, unit.argv[2], 0755},
                {OSEXT_ULS_SELF_CHECK, unit.argv[3]},
                {OSEXT_ULS_OVERFLOW, unit.argv[4]}};
  const UnitResult result = make_smp(options)->run(unit);
  EXPECT_EQ(result.outcome, Outcome::finished) << result.reason << "\n" << result.kernel_log;
  EXPECT_EQ(result.console, "events ok\nnothing_left ok\nby_tool ok\n");
  const auto problems = kernel_log_problems(result.kernel_log);
  EXPECT_TRUE(problems.empty()) << fmt::format("{}\n", fmt::join(problems, "\n"));
}

INSTANTIATE_TEST_SUITE_P(Kernels, UlsLoaderTest, testing::Values("6.12", "6.1"),
                         [](const auto& info) {
                           return std::string(info.param) == "6.1" ? "k6_1" : "k6_12";
                         });

}  // namespace
}  // namespace osext
