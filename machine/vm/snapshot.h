// SPDX-License-Identifier: GPL-2.0
// Snapshots: the state of a machine that has booted and waits for its first
// command.  Each lies in a folder named by a hash of everything it depends on:
//   manifest   what the hash was made of
//   state      the machine, written by QEMU
//   boot.log   the serial console up to then
//   nonce      a random number that tells this boot from any other
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "machine/machine.h"
#include "machine/vm/setup_file.h"

namespace osext {

struct Snapshot {
  std::string key;
  std::filesystem::path state;
  std::string nonce;
  std::string boot_log;
};

// What a snapshot depends on, one "name=value" a line.
std::string snapshot_manifest(const VmSetup& setup, const VmOptions& options);

// Finds the snapshot or boots the machine once.  Of several processes that want
// the same one, one boots and the others wait.  An interrupted boot leaves no
// snapshot.  Throws MachineError.
Snapshot obtain_snapshot(const VmSetup& setup, const VmOptions& options);

}  // namespace osext
