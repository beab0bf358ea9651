// SPDX-License-Identifier: GPL-2.0
// Runs checks of guest/ in a machine.
#pragma once

#include "tests/checks/in_machine.h"

namespace osext {

class UlsTest : public ChecksInMachine {
 protected:
  Unit program(const std::filesystem::path& modules) override {
    Unit unit;
    unit.argv = {"/run/osext/uls-guest", "1", "/run/osext/osext_uls.ko"};
    unit.files = {{OSEXT_ULS_GUEST, unit.argv[0], 0755},
                  {modules / "osext_uls.ko", unit.argv[2]},
                  {modules / "osext_nic.ko", "/run/osext/osext_nic.ko"},
                  {OSEXT_ULS_THREADS, "/run/osext/uls-threads.uls"}};
    return unit;
  }
};

}  // namespace osext
