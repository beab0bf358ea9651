// SPDX-License-Identifier: GPL-2.0
// See decode.h.  Opcode numbers are those of the opcode maps in Intel's SDM,
// volume 2, appendix A.
#include "machine/sim/decode.h"

#include <osext/marker.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace osext {
namespace {

struct Prefixes {
  bool operand_16 = false;  // 66
  bool address_32 = false;  // 67
  unsigned rex = 0;
  MemoryOperand::Segment segment = MemoryOperand::Segment::flat;
};

// Reads the instruction byte by byte; past its end it reads zeros and says so.
class Bytes {
 public:
  explicit Bytes(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  std::uint8_t peek() const { return at_ < bytes_.size() ? bytes_[at_] : 0; }
  std::uint8_t next() {
    const std::uint8_t byte = peek();
    if (at_ >= bytes_.size()) short_ = true;
    ++at_;
    return byte;
  }
  std::int32_t next_i32() {
    std::uint32_t value = 0;
    for (unsigned shift = 0; shift < 32; shift += 8) value |= std::uint32_t{next()} << shift;
    return static_cast<std::int32_t>(value);
  }
  bool too_short() const { return short_; }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  bool short_ = false;
};

struct ModRm {
  unsigned mod, reg, rm;
  bool is_register() const { return mod == 3; }
};

ModRm next_modrm(Bytes& bytes) {
  const unsigned byte = bytes.next();
  return {byte >> 6, (byte >> 3) & 7, byte & 7};
}

Prefixes next_prefixes(Bytes& bytes) {
  Prefixes prefixes;
  for (;;) {
    switch (bytes.peek()) {
      case 0x64:
        prefixes.segment = MemoryOperand::Segment::fs;
        break;
      case 0x65:
        prefixes.segment = MemoryOperand::Segment::gs;
        break;
      case 0x66:
        prefixes.operand_16 = true;
        break;
      case 0x67:
        prefixes.address_32 = true;
        break;
      case 0x26:
      case 0x2e:
      case 0x36:
      case 0x3e:
      case 0xf0:
      case 0xf2:
      case 0xf3:
        break;
      default:
        if ((bytes.peek() & 0xf0) == 0x40) prefixes.rex = bytes.next();
        return prefixes;
    }
    bytes.next();
  }
}

MemoryOperand next_memory(Bytes& bytes, const Prefixes& prefixes, const ModRm& modrm) {
  MemoryOperand memory;
  memory.segment = prefixes.segment;
  memory.address_32_bit = prefixes.address_32;
  const int rex_b = (prefixes.rex & 1) ? 8 : 0;
  const int rex_x = (prefixes.rex & 2) ? 8 : 0;
  bool base_absent = false;
  if (modrm.rm == 4) {  // a SIB byte follows
    const unsigned sib = bytes.next();
    memory.scale = 1U << (sib >> 6);
    const int index = static_cast<int>((sib >> 3) & 7) | rex_x;
    if (index != 4) memory.index = index;
    base_absent = (sib & 7) == 5 && modrm.mod == 0;
    if (!base_absent) memory.base = static_cast<int>(sib & 7) | rex_b;
  } else if (modrm.rm == 5 && modrm.mod == 0) {
    base_absent = true;
    memory.instruction_relative = true;
  } else {
    memory.base = static_cast<int>(modrm.rm) | rex_b;
  }
  if (modrm.mod == 1) memory.displacement = static_cast<std::int8_t>(bytes.next());
  if (modrm.mod == 2 || base_absent) memory.displacement = bytes.next_i32();
  return memory;
}

bool is_marker(std::span<const std::uint8_t> bytes) {
  constexpr std::array<std::uint8_t, 4> long_nop = {0x0f, 0x1f, 0x84, 0x00};
  constexpr std::array<std::uint8_t, 3> tag = {OSEXT_MARK_TAG0, OSEXT_MARK_TAG1, OSEXT_MARK_TAG2};
  return bytes.size() == 8 && std::ranges::equal(bytes.first(4), long_nop) &&
         std::ranges::equal(bytes.subspan(5), tag) && bytes[4] < OSEXT_MARK_OPERATIONS;
}

Completion certain_if(bool condition) {
  return condition ? Completion::certain : Completion::unknown;
}

// Completion of the one-byte opcodes.
Completion one_byte_completion(unsigned op, Bytes& bytes) {
  const auto modrm = [&] { return next_modrm(bytes); };
  const auto register_or = [&](Completion memory_form) {
    return modrm().is_register() ? Completion::certain : memory_form;
  };
  if (op < 0x40) {  // the eight arithmetic groups: r/m,r  r,r/m  al,imm
    switch (op & 7) {
      case 0:
      case 1:
        return register_or((op & 0x38) == 0x38 ? Completion::load : Completion::unknown);
      case 2:
      case 3:
        return register_or(Completion::load);
      case 4:
      case 5:
        return Completion::certain;
      default:
        return Completion::unknown;
    }
  }
  if (op >= 0x50 && op <= 0x57) return Completion::store;    // push
  if (op >= 0x58 && op <= 0x5f) return Completion::load;     // pop
  if (op >= 0x70 && op <= 0x7f) return Completion::certain;  // jcc
  if (op >= 0x90 && op <= 0x99) return Completion::certain;  // nop, xchg, cdq
  if (op >= 0xb0 && op <= 0xbf) return Completion::certain;  // mov r,imm
  if (op >= 0xe0 && op <= 0xe3) return Completion::certain;  // loop, jrcxz
  switch (op) {
    case 0x63:
    case 0x69:
    case 0x6b:
    case 0x84:
    case 0x85:
    case 0x8a:
    case 0x8b:
      return register_or(Completion::load);
    case 0x68:
    case 0x6a:
    case 0x9c:
    case 0xe8:  // push imm, pushf, call
      return Completion::store;
    case 0x88:
    case 0x89:
    case 0xc6:
    case 0xc7:
      return register_or(Completion::store);
    case 0x80:
    case 0x81:
    case 0x83: {
      const ModRm m = modrm();
      if (m.is_register()) return Completion::certain;
      return m.reg == 7 ? Completion::load : Completion::unknown;  // cmp only loads
    }
    case 0x86:
    case 0x87:
    case 0xc0:
    case 0xc1:
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
    case 0xfe:
      return register_or(Completion::unknown);
    case 0x8d:
    case 0xa8:
    case 0xa9:
    case 0xe9:
    case 0xeb:  // lea, test al,imm, jmp
    case 0xcc:
    case 0xcd:
    case 0xf4:
    case 0xf5:
    case 0xf8:
    case 0xf9:
    case 0xfa:
    case 0xfb:
    case 0xfc:
    case 0xfd:  // traps, hlt, flags
      return Completion::certain;
    case 0xa0:
    case 0xa1:
    case 0xc2:
    case 0xc3:
    case 0xc9:  // mov al,[m], ret, leave
      return Completion::load;
    case 0xa2:
    case 0xa3:
      return Completion::store;
    case 0xf6:
    case 0xf7: {
      const ModRm m = modrm();
      return certain_if(m.is_register() && m.reg < 6);  // 6 and 7 divide: may trap
    }
    case 0xff: {
      const ModRm m = modrm();
      switch (m.reg) {
        case 0:
        case 1:
          return certain_if(m.is_register());
        case 2:
          return Completion::store;  // call: the store of the return address is last
        case 4:
          return m.is_register() ? Completion::certain : Completion::load;
        case 6:
          return Completion::store;
        default:
          return Completion::unknown;
      }
    }
    default:
      return Completion::unknown;
  }
}

// Completion of the opcodes behind 0f, as far as kernel and compilers use them often.
Completion two_byte_completion(unsigned op, Bytes& bytes) {
  const auto register_or = [&](Completion memory_form) {
    return next_modrm(bytes).is_register() ? Completion::certain : memory_form;
  };
  if (op >= 0x18 && op <= 0x1f) return Completion::certain;             // hints, long nop, endbr
  if (op >= 0x40 && op <= 0x4f) return register_or(Completion::load);   // cmov
  if (op >= 0x80 && op <= 0x8f) return Completion::certain;             // jcc
  if (op >= 0x90 && op <= 0x9f) return register_or(Completion::store);  // setcc
  if (op >= 0xc8 && op <= 0xcf) return Completion::certain;             // bswap
  switch (op) {
    case 0x01:
    case 0xae:  // swapgs, clac, stac, fences: the register forms
      return register_or(Completion::unknown);
    case 0x05:
    case 0x07:
    case 0x0b:
    case 0x0d:
    case 0x20:
    case 0x21:
    case 0x22:
    case 0x23:
    case 0x31:
    case 0xa2:  // syscall, sysret, ud2, prefetchw, mov cr/dr, rdtsc, cpuid
      return Completion::certain;
    case 0xa3:
    case 0xaf:
    case 0xb6:
    case 0xb7:
    case 0xb8:
    case 0xbc:
    case 0xbd:
    case 0xbe:
    case 0xbf:
      return register_or(Completion::load);
    case 0xa4:
    case 0xa5:
    case 0xab:
    case 0xac:
    case 0xad:
    case 0xb0:
    case 0xb1:
    case 0xb3:
    case 0xba:
    case 0xbb:
    case 0xc0:
    case 0xc1:
      return register_or(Completion::unknown);
    default:
      return Completion::unknown;
  }
}

bool is_string(unsigned op) {
  return (op >= 0x6c && op <= 0x6f) || (op >= 0xa4 && op <= 0xa7) || (op >= 0xaa && op <= 0xaf);
}

void decode_control_register(Bytes bytes, const Prefixes& prefixes, Decoded& out) {
  const ModRm modrm = next_modrm(bytes);
  const unsigned number = modrm.reg | ((prefixes.rex & 4) ? 8U : 0U);
  if (number != 3 && number != 4) return;
  out.event = number == 3 ? Event::cr3_write : Event::cr4_write;
  out.operand = static_cast<std::uint8_t>(modrm.rm | ((prefixes.rex & 1) ? 8U : 0U));
}

void decode_group_7(Bytes bytes, const Prefixes& prefixes, Decoded& out) {
  const ModRm modrm = next_modrm(bytes);
  if (modrm.is_register() || modrm.reg != 7) return;
  out.event = Event::invlpg;
  out.memory = next_memory(bytes, prefixes, modrm);
  out.completion = Completion::certain;  // INVLPG does not access the page
}

void decode_invpcid(Bytes bytes, const Prefixes& prefixes, Decoded& out) {
  if (!prefixes.operand_16 || bytes.next() != 0x82) return;
  const ModRm modrm = next_modrm(bytes);
  if (modrm.is_register()) return;
  out.event = Event::invpcid;
  out.operand = static_cast<std::uint8_t>(modrm.reg | ((prefixes.rex & 4) ? 8U : 0U));
  out.memory = next_memory(bytes, prefixes, modrm);
}

}  // namespace

Decoded decode(std::span<const std::uint8_t> instruction) {
  Decoded out;
  if (is_marker(instruction)) {
    out.event = Event::marker;
    out.completion = Completion::certain;
    out.operand = instruction[4];
    return out;
  }
  Bytes bytes(instruction);
  const Prefixes prefixes = next_prefixes(bytes);
  const unsigned op = bytes.next();
  if (op != 0x0f) {
    out.string = is_string(op);
    if (op == 0xcf) out.event = Event::iret;
    out.completion = one_byte_completion(op, bytes);
  } else {
    const unsigned second = bytes.next();
    Bytes operands = bytes;
    out.completion = two_byte_completion(second, operands);
    switch (second) {
      case 0x05:
        out.event = Event::syscall;
        break;
      case 0x07:
        out.event = Event::sysret;
        break;
      case 0x22:
        decode_control_register(bytes, prefixes, out);
        break;
      case 0x01:
        decode_group_7(bytes, prefixes, out);
        break;
      case 0x38:
        decode_invpcid(bytes, prefixes, out);
        break;
      default:
        break;
    }
  }
  return bytes.too_short() ? Decoded{} : out;
}

}  // namespace osext
