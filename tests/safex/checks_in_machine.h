// SPDX-License-Identifier: GPL-2.0
// Runs checks of guest/ in a machine.
#pragma once

#include "tests/checks/in_machine.h"

namespace osext {

class SafexTest : public ChecksInMachine {
 protected:
  Unit program(const std::filesystem::path& modules) override {
    Unit unit;
    unit.argv = {"/run/osext/safex-guest", "1", "/run/osext/osext_safex.ko", "/run/osext"};
    unit.files = {{OSEXT_SAFEX_GUEST, unit.argv[0], 0755},
                  {modules / "osext_safex.ko", unit.argv[2]},
                  {OSEXT_SAFEX_BATTERY, "/run/osext/battery.bpf.o"},
                  {OSEXT_SAFEX_REFUSED, "/run/osext/refused.bpf.o"}};
    return unit;
  }
};

}  // namespace osext
