// SPDX-License-Identifier: GPL-2.0
// One running QEMU with its channels: the shared region, the serial log, the
// protocol socket.  It ends with its object.
#pragma once

#include "machine/vm/command_line.h"
#include "machine/vm/process.h"
#include "machine/vm/qmp.h"
#include "machine/vm/region.h"

namespace osext {

class Vm {
 public:
  // Starts QEMU and greets it.  Throws MachineError with QEMU's own words.
  Vm(const VmSetup& setup, const VmOptions& options, const VmStart& start);

  Region& region() { return region_; }
  std::string serial_tail() const { return serial_.tail(64 << 10); }

  // Runs until the guest pauses itself for its snapshot.  Throws MachineError
  // with the log's tail if it does not get there in time.
  void run_until_pause(Deadline deadline);
  // Writes the machine's whole state to a new file.
  void save(const std::filesystem::path& file, Deadline deadline);
  // Loads it into a machine that was started as `incoming`.
  void load(const std::filesystem::path& file, Deadline deadline);
  // Lets the machine run until it ends or the limit passes, then says what came
  // of the command in the region.  `resume`: it stands still now.
  UnitResult run_to_end(bool resume, Deadline deadline);

 private:
  [[noreturn]] void fail(const std::string& what) const;
  void wait_migration(Deadline deadline);
  bool wait_end(Deadline deadline);
  void stop_guest();

  Region region_;
  MemoryFile serial_;
  MemoryFile messages_;  // what QEMU itself says
  std::optional<Process> process_;
  std::optional<Qmp> qmp_;
};

}  // namespace osext
