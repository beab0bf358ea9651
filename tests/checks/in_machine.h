// SPDX-License-Identifier: GPL-2.0
// Runs a program of many checks (guest.h) in a machine, all in one boot, and judges each by its
// line, and the machine by its kernel's log.  A system's tests derive from it and say what the
// program needs.
#pragma once

#include <gtest/gtest.h>

#include "machine/machine.h"
#include "machine/vm/setup_file.h"
#include "tests/checks/judge.h"

namespace osext {

class ChecksInMachine : public testing::TestWithParam<const char*> {
 protected:
  using Make = std::unique_ptr<Machine>(const VmOptions&);
  struct How {
    const char* profile = "";       // not "": the plugin counts, too
    const char* kernel_words = "";  // that the kernel is booted with
    std::chrono::seconds limit{500};
  };

  // Skips where the set-up has no such kernel.
  void SetUp() override {
    try {
      read_setup(std::filesystem::path(OSEXT_BUILD) / "setup.json", GetParam());
    } catch (const MachineError& error) {
      GTEST_SKIP() << error.what();
    }
  }

  // The program as argv[0], what it takes before the checks, and all files; `modules` is where the
  // host has the modules of this kernel.
  virtual Unit program(const std::filesystem::path& modules) = 0;

  // Runs the checks in the machine that `make` makes.
  UnitResult run(const std::vector<std::string>& checks, Make* make, const How& how) {
    VmOptions options;
    options.build = OSEXT_BUILD;
    options.kernel = GetParam();
    options.kernel_words = how.kernel_words;
    if (*how.profile) {
      options.plugin = OSEXT_PLUGIN;
      options.profile = std::filesystem::path(OSEXT_PROFILES) / how.profile;
    }
    Unit unit = program(options.build / "modules" / GetParam());
    unit.name = std::filesystem::path(unit.argv[0]).filename();
    unit.limit = how.limit;
    unit.argv.insert(unit.argv.end(), checks.begin(), checks.end());
    UnitResult result = make(options)->run(unit);
    judge_checks(checks, result);
    return result;
  }

  UnitResult run(const std::vector<std::string>& checks, Make* make) {
    return run(checks, make, {});
  }
};

// For INSTANTIATE_TEST_SUITE_P.
inline auto both_kernels() {
  return testing::Values("6.12", "6.1");
}
inline std::string name_of_kernel(const testing::TestParamInfo<const char*>& info) {
  return std::string(info.param) == "6.1" ? "k6_1" : "k6_12";
}

}  // namespace osext
