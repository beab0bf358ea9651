// SPDX-License-Identifier: GPL-2.0
// Is KVM worth using here?  A stock kernel boots under KVM and under TCG at the
// same time, up to the point where it finds no root file system.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "machine/vm/setup_file.h"

namespace osext {

struct KvmRace {
  enum class Verdict {
    absent,     // no /dev/kvm
    forbidden,  // it may not be opened
    refused,    // QEMU starts no machine, or the kernel dies early: see `detail`
    slow,       // not twice as fast as TCG
    usable,
  };
  Verdict verdict = Verdict::absent;
  std::string cpu;     // the -cpu that took part: the host's own if QEMU can, else a plain one
  std::string detail;  // QEMU's or the kernel's own words when refused
  // Wall seconds to the end of the boot; absent if it was not waited for.
  std::optional<double> kvm_seconds, tcg_seconds;
};

// Runs for at most `limit`, mostly for as long as the faster of the two needs.
// Throws MachineError if QEMU cannot be run at all.
KvmRace race_kvm(const VmSetup& setup, std::chrono::seconds limit = std::chrono::seconds(40),
                 const std::string& device = "/dev/kvm");

}  // namespace osext
