// SPDX-License-Identifier: GPL-2.0
// Makes every attack of attacks.txt as a guest, on one processor and on two, and reports each that
// ended otherwise than is allowed; and the controls, where nothing protects.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "machine/machine.h"
#include "machine/vm/setup_file.h"

namespace osext {
namespace {

namespace fs = std::filesystem;

const fs::path kBuild = OSEXT_BUILD, kSources = OSEXT_ATTACK_LISTS;
const std::string kFolder = "/run/osext/attacks";
constexpr std::chrono::seconds kLimit{900};

std::vector<std::string> names_of(const std::string& list) {
  std::ifstream in(kSources / list);
  std::vector<std::string> names;
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line[0] != '#') names.push_back(line.substr(0, line.find(' ')));
  return names;
}

class Attacks : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    try {
      read_setup(kBuild / "setup.json", GetParam());
    } catch (const MachineError& error) {
      GTEST_SKIP() << error.what();
    }
  }

  // Runs a list, or of it `only` what is named, with these words before each attack and this
  // command before all, in a machine booted with `kernel_words`.
  static void make_attacks(const std::string& list, const std::string& before,
                           const std::string& launcher,
                           std::unique_ptr<Machine> (*make)(const VmOptions&),
                           const std::vector<std::string>& only = {},
                           const std::string& kernel_words = "") {
    Unit unit;
    unit.name = "attacks";
    unit.limit = kLimit;
    unit.files = {{OSEXT_TRANSPARENCY_GUEST, kFolder + "/guest", 0755},
                  {OSEXT_ATTACKS, kFolder + "/attacks", 0755},
                  {OSEXT_LAUNCHER, kFolder + "/osext-hijack", 0755},
                  {OSEXT_EXECUTIVE, kFolder + "/osext-executive", 0755},
                  {kSources / "attack.sh", kFolder + "/attack.sh"},
                  {kSources / list, kFolder + "/list"},
                  {kBuild / "modules" / GetParam() / "osext_hijack.ko", kFolder + "/module.ko"}};
    const std::string choose =
        fmt::format("grep -E '^({}) ' list >chosen\nmv chosen list\n", fmt::join(only, "|"));
    unit.argv = {"/bin/busybox", "sh", "-e", "-c",
                 fmt::format("cd {}\n{}\n{}./guest run list /tmp/results {}\n"
                             "./guest check list /tmp/results || true\necho done\n",
                             kFolder, before, only.empty() ? "" : choose, launcher)};
    VmOptions options;
    options.build = kBuild;
    options.kernel = GetParam();
    options.kernel_words = kernel_words;
    judge(only.empty() ? names_of(list) : only, make(options)->run(unit));
  }

 private:
  static void judge(const std::vector<std::string>& names, const UnitResult& result) {
    std::map<std::string, std::string> lines;
    std::istringstream console(result.console);
    for (std::string line; std::getline(console, line);)
      lines[line.substr(0, line.find(' '))] = line;
    ASSERT_FALSE(names.empty());
    for (const std::string& name : names) EXPECT_EQ(lines[name], name + " ok");
    EXPECT_EQ(lines["done"], "done") << to_string(result.outcome) << ": " << result.reason << "\n"
                                     << result.console << result.kernel_log;
    for (const std::string& problem : kernel_log_problems(result.kernel_log))
      ADD_FAILURE() << problem;
  }
};

const std::string kLoad = "insmod module.ko", kRun = kFolder + "/osext-hijack run --";

// What attacks the engine: the ways into the kernel, what is mapped and remembered, registers and
// flags on the way.  What an executive makes of a call is the same code with either engine.
const std::vector<std::string> kWaysIn = {
    "read_data", "write_image",       "jump_image",      "stale",          "pointers_data",
    "ptrace",    "forged_operations", "unknown_numbers", "slow_way_in",    "int80",
    "sysenter",  "int80_32",          "sysenter_32",     "syscall_32",     "flags",
    "stacks",    "forged_contexts",   "edge_of_memory",  "protection_keys"};

TEST_P(Attacks, NativelyTheControlsSucceed) {
  make_attacks("controls.txt", "", "", make_sim);
}
TEST_P(Attacks, WithTheExecutiveInSightTheControlsSucceed) {
  make_attacks("hooked_controls.txt", kLoad + " test_leave_hooked=1", kRun, make_sim);
}
TEST_P(Attacks, GuestsGetNowhere) {
  make_attacks("attacks.txt", kLoad, kRun, make_sim);
}
TEST_P(Attacks, GuestsGetNowhereOnTwoProcessors) {
  make_attacks("attacks.txt", kLoad, kRun, make_smp);
}
TEST_P(Attacks, GuestsGetNowhereWithPageTableIsolation) {
  make_attacks("attacks.txt", kLoad, kRun, make_sim, kWaysIn, "pti=on");
}

INSTANTIATE_TEST_SUITE_P(Kernels, Attacks, testing::Values("6.12", "6.1"), [](const auto& info) {
  return std::string(info.param) == "6.1" ? "k6_1" : "k6_12";
});

}  // namespace
}  // namespace osext
