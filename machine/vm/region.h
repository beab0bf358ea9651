// SPDX-License-Identifier: GPL-2.0
// The host's side of the shared region: a file in memory that QEMU gives the
// guest as a device, the command that goes in and the results that come out.
// What the guest wrote is not trusted: every length is checked.
#pragma once

#include <osext/shared_region.h>

#include "machine/machine.h"
#include "machine/vm/memory_file.h"

namespace osext {

class Region {
 public:
  Region();
  Region(const Region&) = delete;
  ~Region();

  const MemoryFile& file() const { return file_; }

  // Writes header, files and command; only while the guest stands still.  Throws
  // MachineError, and writes nothing, if the unit does not fit or a file cannot
  // be read.
  void submit(const Unit& unit);

  bool finished() const;
  // exit_status (as in UnitResult), records, console and kernel log; only when
  // finished().  Outcome and reason are set accordingly.
  UnitResult collect() const;
  // The counter ring; at any time, also after a crash.
  void collect_ring(UnitResult& result) const;

  // For tests, which play the agent.
  osext_command* command() const;
  char* bytes() const { return bytes_; }

 private:
  MemoryFile file_;
  char* bytes_;
};

}  // namespace osext
