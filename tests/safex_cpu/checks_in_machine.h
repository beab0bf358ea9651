// SPDX-License-Identifier: GPL-2.0
// Runs checks of guest/ in a machine.
#pragma once

#include "tests/checks/in_machine.h"

namespace osext {

class SafexCpuTest : public ChecksInMachine {
 protected:
  Unit program(const std::filesystem::path& modules) override {
    Unit unit;
    unit.argv = {"/run/osext/safex-cpu-guest", "1", "/run/osext/osext_safex.ko"};
    unit.files = {{OSEXT_SAFEX_CPU_GUEST, unit.argv[0], 0755},
                  {modules / "osext_safex.ko", unit.argv[2]},
                  {OSEXT_SAFEX_CPU_MONITOR, "/run/osext/safex-cpu-monitor.bpf.o"},
                  {OSEXT_SAFEX_CPU_HANDLER, "/run/osext/safex-cpu-handler.bpf.o"},
                  {OSEXT_SAFEX_CPU_GREEDY, "/run/osext/safex-cpu-greedy.bpf.o"}};
    return unit;
  }
};

}  // namespace osext
