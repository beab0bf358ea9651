// SPDX-License-Identifier: GPL-2.0
// The same program, natively and under each policy that keeps the time of sleepers, says the same.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "machine/machine.h"
#include "machine/vm/setup_file.h"

namespace osext {
namespace {

namespace fs = std::filesystem;

class SleepingTest : public testing::TestWithParam<const char*> {
 protected:
  // What the program printed; "" and a failure if it did not come to its end.
  std::string console_of(Machine& machine, const std::vector<std::string>& argv) {
    Unit unit;
    unit.name = "sleeping";
    unit.limit = std::chrono::seconds(200);
    unit.argv = {"sh", "-c",
                 "insmod /run/osext/osext_hijack.ko || exit 1; exec " +
                     fmt::format("{}", fmt::join(argv, " "))};
    const fs::path module = fs::path(OSEXT_BUILD) / "modules" / GetParam() / "osext_hijack.ko";
    unit.files = {{module, "/run/osext/osext_hijack.ko"},
                  {OSEXT_SLEEPER, "/run/osext/sleeper", 0755},
                  {OSEXT_LAUNCHER, "/run/osext/osext-hijack", 0755},
                  {OSEXT_EXECUTIVE, "/run/osext/osext-executive", 0755}};
    const UnitResult result = machine.run(unit);
    EXPECT_EQ(result.outcome, Outcome::finished) << result.reason << "\n" << result.console;
    for (const std::string& problem : kernel_log_problems(result.kernel_log))
      ADD_FAILURE() << problem;
    EXPECT_TRUE(result.console.ends_with("done\n")) << result.console;
    return result.console;
  }
};

TEST_P(SleepingTest, IsTheSameForGuests) {
  VmOptions options;
  options.build = OSEXT_BUILD;
  options.kernel = GetParam();
  try {
    read_setup(options.build / "setup.json", options.kernel);
  } catch (const MachineError& error) {
    GTEST_SKIP() << error.what();
  }
  for (const char* words : {"", "highres=off"}) {
    options.kernel_words = words;
    const auto machine = make_sim(options);
    const std::string native = console_of(*machine, {"sleeper"});
    EXPECT_NE(native.find("in turn: 543210"), std::string::npos) << native;
    EXPECT_EQ(native.find("too short"), std::string::npos) << native;
    EXPECT_EQ(native.find("wrong"), std::string::npos) << native;
    for (const char* policy : {"nanosleep", "nanosleep_extended", "interpose,nanosleep"})
      EXPECT_EQ(native,
                console_of(*machine, {"osext-hijack", "run", "--policy", policy, "--", "sleeper"}))
          << policy << " " << words;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, SleepingTest, testing::Values("6.12", "6.1"),
                         [](const auto& info) {
                           return std::string(info.param) == "6.1" ? "k6_1" : "k6_12";
                         });

}  // namespace
}  // namespace osext
