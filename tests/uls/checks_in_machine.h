// SPDX-License-Identifier: GPL-2.0
// Runs checks of guest/ in a machine, all in one boot, and judges each by its line, and the machine
// by its kernel's log.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "machine/machine.h"
#include "machine/vm/setup_file.h"
#include "tests/checks/judge.h"

namespace osext {

class UlsTest : public testing::TestWithParam<const char*> {
 protected:
  struct How {
    const char* profile = "";  // not "": the plugin counts, too
    std::chrono::seconds limit{400};
  };

  // Runs the checks in the machine that `make` makes.
  UnitResult run(const std::vector<std::string>& checks,
                 std::unique_ptr<Machine> (*make)(const VmOptions&), const How& how) {
    namespace fs = std::filesystem;
    const fs::path build = OSEXT_BUILD, modules = build / "modules" / GetParam();
    try {
      read_setup(build / "setup.json", GetParam());
    } catch (const MachineError& error) {
      skipped_ = error.what();
      return {};
    }
    VmOptions options;
    options.build = build;
    options.kernel = GetParam();
    if (*how.profile) {
      options.plugin = OSEXT_PLUGIN;
      options.profile = fs::path(OSEXT_PROFILES) / how.profile;
    }
    Unit unit;
    unit.name = "uls";
    unit.limit = how.limit;
    unit.argv = {"/run/osext/uls-guest", "1", "/run/osext/osext_uls.ko"};
    unit.files = {{OSEXT_ULS_GUEST, unit.argv[0], 0755},
                  {modules / "osext_uls.ko", unit.argv[2]},
                  {modules / "osext_nic.ko", "/run/osext/osext_nic.ko"},
                  {OSEXT_ULS_THREADS, "/run/osext/uls-threads.uls"}};
    unit.argv.insert(unit.argv.end(), checks.begin(), checks.end());
    UnitResult result = make(options)->run(unit);
    judge_checks(checks, result);
    return result;
  }

  UnitResult run(const std::vector<std::string>& checks,
                 std::unique_ptr<Machine> (*make)(const VmOptions&)) {
    return run(checks, make, {});
  }

  std::string skipped_;  // why, if the set-up has no such kernel
};

}  // namespace osext
