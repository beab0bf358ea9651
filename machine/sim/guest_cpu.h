// SPDX-License-Identifier: GPL-2.0
// Registers and memory of the guest's one processor, as the plugin interface
// shows them.  Registers may only be read in callbacks that asked for them
// (QEMU_PLUGIN_CB_R_REGS), memory in any callback of the processor's thread.
#pragma once

#include <array>
#include <cstdint>

#include "machine/sim/decode.h"
#include "machine/sim/qemu_plugin_api.h"

namespace osext {

class GuestCpu {
 public:
  // Looks the registers up; to be called once, when the processor has been made.
  void find_registers();

  std::uint64_t general(unsigned number) const { return read(general_.at(number)); }
  std::uint64_t cr3() const { return read(cr3_); }
  std::uint64_t cr4() const { return read(cr4_); }
  std::uint64_t address(const MemoryOperand& operand, std::uint64_t next_instruction) const;

  // False if nothing is mapped there.
  static bool read_memory(std::uint64_t address, std::uint64_t* value);

 private:
  static std::uint64_t read(qemu_plugin_register* handle);

  std::array<qemu_plugin_register*, 16> general_{};
  qemu_plugin_register* cr3_ = nullptr;
  qemu_plugin_register* cr4_ = nullptr;
  qemu_plugin_register* fs_base_ = nullptr;
  qemu_plugin_register* gs_base_ = nullptr;
};

}  // namespace osext
