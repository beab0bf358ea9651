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

class HijackTest : public testing::TestWithParam<const char*> {
 protected:
  struct How {
    const char* profile = "";       // not "": the plugin counts, too
    const char* kernel_words = "";  // that the kernel is booted with
    std::chrono::seconds limit{500};
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
    options.kernel_words = how.kernel_words;
    if (*how.profile) {
      options.plugin = OSEXT_PLUGIN;
      options.profile = fs::path(OSEXT_PROFILES) / how.profile;
    }
    Unit unit;
    unit.name = "hijack";
    unit.limit = how.limit;
    unit.argv = {"/run/osext/hijack-guest",
                 "1",
                 "/run/osext/osext_hijack.ko",
                 "/run/osext/osext_entries.ko",
                 "/run/osext/executive",
                 "/run/osext/osext-hijack",
                 "/run/osext/bad"};
    unit.files = {{OSEXT_HIJACK_GUEST, unit.argv[0], 0755},
                  {modules / "osext_hijack.ko", unit.argv[2]},
                  {modules / "osext_entries.ko", unit.argv[3]},
                  {OSEXT_EXECUTIVE, unit.argv[4]},
                  {OSEXT_LAUNCHER, unit.argv[5], 0755}};
    for (char attack = '0'; attack <= '9'; ++attack)
      unit.files.push_back({std::string(OSEXT_BAD_EXECUTIVE) + attack, unit.argv[6] + attack});
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
