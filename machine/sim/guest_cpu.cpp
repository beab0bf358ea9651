// SPDX-License-Identifier: GPL-2.0
// See guest_cpu.h.
#include "machine/sim/guest_cpu.h"

#include <cstring>
#include <map>
#include <string_view>

namespace osext {
namespace {

// One buffer for all reads; the processor's thread alone uses it.
_GByteArray* buffer() {
  static _GByteArray* const bytes = g_byte_array_new();
  return bytes;
}

}  // namespace

void GuestCpu::find_registers() {
  // In the order of their numbers in the encoding.
  constexpr std::array<std::string_view, 16> names = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp",
                                                      "rsi", "rdi", "r8",  "r9",  "r10", "r11",
                                                      "r12", "r13", "r14", "r15"};
  const _GArray* const list = qemu_plugin_get_registers();
  const auto* const registers = reinterpret_cast<const qemu_plugin_reg_descriptor*>(list->data);
  std::map<std::string_view, qemu_plugin_register*> handles;
  for (unsigned i = 0; i < list->len; ++i) handles[registers[i].name] = registers[i].handle;
  for (std::size_t i = 0; i < names.size(); ++i) general_[i] = handles[names[i]];
  cr3_ = handles["cr3"];
  cr4_ = handles["cr4"];
  fs_base_ = handles["fs_base"];
  gs_base_ = handles["gs_base"];
}

std::uint64_t GuestCpu::read(qemu_plugin_register* handle) {
  std::uint64_t value = 0;
  if (!handle) return value;
  _GByteArray* const bytes = buffer();
  g_byte_array_set_size(bytes, 0);  // QEMU appends
  const int length = qemu_plugin_read_register(handle, bytes);
  if (length > 0)
    std::memcpy(&value, bytes->data,
                static_cast<std::size_t>(length) < sizeof value ? length : sizeof value);
  return value;
}

bool GuestCpu::read_memory(std::uint64_t address, std::uint64_t* value) {
  _GByteArray* const bytes = buffer();
  if (!qemu_plugin_read_memory_vaddr(address, bytes, sizeof *value)) return false;
  std::memcpy(value, bytes->data, sizeof *value);
  return true;
}

std::uint64_t GuestCpu::address(const MemoryOperand& operand,
                                std::uint64_t next_instruction) const {
  return effective_address(
      operand, next_instruction,
      [this](int number) { return general(static_cast<unsigned>(number)); },
      [this](MemoryOperand::Segment segment) {
        return read(segment == MemoryOperand::Segment::fs ? fs_base_ : gs_base_);
      });
}

}  // namespace osext
