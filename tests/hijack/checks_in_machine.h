// SPDX-License-Identifier: GPL-2.0
// Runs checks of guest/ in a machine.
#pragma once

#include "tests/checks/in_machine.h"

namespace osext {

class HijackTest : public ChecksInMachine {
 protected:
  Unit program(const std::filesystem::path& modules) override {
    Unit unit;
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
    return unit;
  }
};

}  // namespace osext
