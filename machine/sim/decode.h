// SPDX-License-Identifier: GPL-2.0
// Just enough x86-64 decoding for the counting plugin: which instruction is an
// event (a marker, SYSCALL, a control-register write, ...), where its memory
// operand lies, and whether it can be aborted after it has begun.
//
// Code is taken to be 64-bit code.  Firmware and early boot, which are not, can
// therefore be misread; nothing is measured there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace osext {

enum class Event : std::uint8_t {
  none,
  marker,  // `operand` is the OSEXT_MARK_* operation
  syscall,
  sysret,
  iret,
  cr3_write,  // `operand` is the number of the source register
  cr4_write,  // the same
  invlpg,     // `memory` is the address it drops
  invpcid,    // `memory` is the descriptor, `operand` the register that holds the type
};

// How an instruction can end early, and how the plugin learns that it did not.
enum class Completion : std::uint8_t {
  certain,  // once begun it completes (or QEMU too counts it as executed)
  load,     // makes exactly one load, and has completed when the load has
  store,    // makes exactly one store, as its last step
  unknown,  // may be aborted; nothing simpler to watch than what runs next
};

// An x86 memory operand.  Registers are numbered as in the encoding (0 = rax ...
// 15 = r15); -1 is none.
struct MemoryOperand {
  enum class Segment : std::uint8_t { flat, fs, gs };
  int base = -1;
  int index = -1;
  unsigned scale = 1;
  std::int64_t displacement = 0;
  bool instruction_relative = false;  // relative to the end of the instruction
  bool address_32_bit = false;        // the sum is cut to 32 bits (prefix 67)
  Segment segment = Segment::flat;
};

struct Decoded {
  Event event = Event::none;
  Completion completion = Completion::unknown;
  std::uint8_t operand = 0;
  bool string = false;  // a string instruction: may be interrupted between iterations
  MemoryOperand memory;
};

// Decodes the instruction in `bytes` (all of it and nothing more).  Anything not
// known is {none, unknown}: always safe, only slower to count.
Decoded decode(std::span<const std::uint8_t> bytes);

// The address of `operand`.  `register_value(n)` gives general register n,
// `segment_base(s)` the base of fs or gs.
template <class RegisterValue, class SegmentBase>
std::uint64_t effective_address(const MemoryOperand& operand, std::uint64_t next_instruction,
                                RegisterValue register_value, SegmentBase segment_base) {
  std::uint64_t address = static_cast<std::uint64_t>(operand.displacement);
  if (operand.instruction_relative) address += next_instruction;
  if (operand.base >= 0) address += register_value(operand.base);
  if (operand.index >= 0) address += register_value(operand.index) * operand.scale;
  if (operand.address_32_bit) address &= 0xffffffffU;
  if (operand.segment != MemoryOperand::Segment::flat) address += segment_base(operand.segment);
  return address;
}

}  // namespace osext
