// SPDX-License-Identifier: GPL-2.0
// Decoding: events, memory operands, and which instructions can be aborted.
#include "machine/sim/decode.h"

#include <gtest/gtest.h>
#include <osext/marker.h>

#include <map>
#include <vector>

namespace osext {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Segment = MemoryOperand::Segment;

Decoded of(const Bytes& bytes) {
  return decode(bytes);
}

TEST(Decode, Markers) {
  const Bytes begin = {0x0f, 0x1f, 0x84, 0x00, OSEXT_MARK_BEGIN, 0x4f, 0x53, 0x58};
  EXPECT_EQ(of(begin).event, Event::marker);
  EXPECT_EQ(of(begin).operand, OSEXT_MARK_BEGIN);
  EXPECT_EQ(of(begin).completion, Completion::certain);
  Bytes watch = begin;
  watch[4] = OSEXT_MARK_WATCH;
  EXPECT_EQ(of(watch).operand, OSEXT_MARK_WATCH);
  Bytes unknown_operation = begin;
  unknown_operation[4] = OSEXT_MARK_OPERATIONS;
  EXPECT_EQ(of(unknown_operation).event, Event::none);
  Bytes other_tag = begin;
  other_tag[7] ^= 1;
  EXPECT_EQ(of(other_tag).event, Event::none);
  Bytes longer = begin;  // the same NOP behind a prefix is not ours
  longer.insert(longer.begin(), 0x66);
  EXPECT_EQ(of(longer).event, Event::none);
}

TEST(Decode, ModeSwitches) {
  EXPECT_EQ(of({0x0f, 0x05}).event, Event::syscall);
  EXPECT_EQ(of({0x48, 0x0f, 0x07}).event, Event::sysret);
  EXPECT_EQ(of({0x48, 0xcf}).event, Event::iret);
  EXPECT_EQ(of({0x0f, 0x34}).event, Event::none);  // SYSENTER
}

TEST(Decode, ControlRegisterWrites) {
  EXPECT_EQ(of({0x0f, 0x22, 0xd8}).event, Event::cr3_write);  // mov cr3, rax
  EXPECT_EQ(of({0x0f, 0x22, 0xd8}).operand, 0);
  EXPECT_EQ(of({0x41, 0x0f, 0x22, 0xdf}).operand, 15);        // mov cr3, r15
  EXPECT_EQ(of({0x0f, 0x22, 0xe1}).event, Event::cr4_write);  // mov cr4, rcx
  EXPECT_EQ(of({0x0f, 0x22, 0xe1}).operand, 1);
  EXPECT_EQ(of({0x0f, 0x22, 0xc0}).event, Event::none);        // mov cr0, rax
  EXPECT_EQ(of({0x44, 0x0f, 0x22, 0xc0}).event, Event::none);  // mov cr8, rax
  EXPECT_EQ(of({0x0f, 0x20, 0xd8}).event, Event::none);        // mov rax, cr3
}

std::uint64_t address_of(const Bytes& bytes) {
  const std::map<int, std::uint64_t> registers = {{0, 0x1000}, {3, 0x3000},        {4, 0x4000},
                                                  {5, 0x5000}, {8, 0x80000000000}, {12, 0xc000},
                                                  {13, 0xd000}};
  return effective_address(
      of(bytes).memory, 0x400000 + bytes.size(), [&](int n) { return registers.at(n); },
      [](Segment segment) { return segment == Segment::fs ? 0xf0000000ULL : 0xe0000000ULL; });
}

TEST(Decode, InvlpgAddresses) {
  EXPECT_EQ(of({0x0f, 0x01, 0x38}).event, Event::invlpg);
  EXPECT_EQ(of({0x0f, 0x01, 0xf8}).event, Event::none);             // swapgs: the register form
  EXPECT_EQ(of({0x0f, 0x01, 0x30}).event, Event::none);             // lmsw [rax]
  EXPECT_EQ(address_of({0x0f, 0x01, 0x38}), 0x1000U);               // [rax]
  EXPECT_EQ(address_of({0x41, 0x0f, 0x01, 0x38}), 0x80000000000U);  // [r8]
  EXPECT_EQ(address_of({0x0f, 0x01, 0x7b, 0xf0}), 0x2ff0U);         // [rbx - 16]
  EXPECT_EQ(address_of({0x0f, 0x01, 0xbb, 0x00, 0x01, 0x00, 0x00}), 0x3100U);  // [rbx + 256]
  EXPECT_EQ(address_of({0x0f, 0x01, 0x3c, 0x24}), 0x4000U);                    // [rsp]
  EXPECT_EQ(address_of({0x41, 0x0f, 0x01, 0x3c, 0x24}), 0xc000U);              // [r12]
  EXPECT_EQ(address_of({0x0f, 0x01, 0x3c, 0x98}), 0x1000U + 4 * 0x3000);       // [rax + rbx * 4]
  EXPECT_EQ(address_of({0x4a, 0x0f, 0x01, 0x3c, 0x20}), 0x1000U + 0xc000);     // [rax + r12]
  EXPECT_EQ(address_of({0x41, 0x0f, 0x01, 0x7d, 0x00}), 0xd000U);              // [r13 + 0]
  EXPECT_EQ(address_of({0x0f, 0x01, 0x3c, 0x25, 0x00, 0x10, 0x60, 0x00}), 0x601000U);  // [disp32]
  EXPECT_EQ(address_of({0x0f, 0x01, 0x3c, 0x25, 0x00, 0x00, 0x00, 0x80}),
            0xffffffff80000000U);  // displacements are signed
  EXPECT_EQ(address_of({0x0f, 0x01, 0x3c, 0xdd, 0x08, 0x00, 0x00, 0x00}),
            8 * 0x3000U + 8);                                                    // [rbx * 8 + 8]
  EXPECT_EQ(address_of({0x0f, 0x01, 0x3d, 0x10, 0x00, 0x00, 0x00}), 0x400017U);  // [rip + 16]
  EXPECT_EQ(address_of({0x65, 0x0f, 0x01, 0x38}), 0xe0001000U);                  // gs:[rax]
  EXPECT_EQ(address_of({0x64, 0x0f, 0x01, 0x38}), 0xf0001000U);                  // fs:[rax]
  EXPECT_EQ(address_of({0x67, 0x41, 0x0f, 0x01, 0x38}), 0U);  // [r8d]: cut to 32 bits
}

TEST(Decode, Invpcid) {
  const Decoded invpcid = of({0x66, 0x44, 0x0f, 0x38, 0x82, 0x03});  // invpcid r8, [rbx]
  EXPECT_EQ(invpcid.event, Event::invpcid);
  EXPECT_EQ(invpcid.operand, 8);
  EXPECT_EQ(invpcid.memory.base, 3);
  EXPECT_EQ(of({0x0f, 0x38, 0x82, 0x03}).event, Event::none);  // without 66
}

TEST(Decode, WhatCannotBeAborted) {
  for (const Bytes& bytes : std::vector<Bytes>{{0x90},
                                               {0x48, 0x89, 0xd8},              // mov rax, rbx
                                               {0x48, 0x8d, 0x03},              // lea rax, [rbx]
                                               {0x01, 0xc8},                    // add eax, ecx
                                               {0x48, 0x83, 0xc0, 0x01},        // add rax, 1
                                               {0x74, 0x10},                    // je
                                               {0xeb, 0xfe},                    // jmp
                                               {0xff, 0xe0},                    // jmp rax
                                               {0x0f, 0xaf, 0xc1},              // imul eax, ecx
                                               {0xf7, 0xe1},                    // mul ecx
                                               {0x0f, 0x05},                    // syscall
                                               {0xf3, 0x0f, 0x1e, 0xfa},        // endbr64
                                               {0x0f, 0x1f, 0x44, 0x00, 0x00},  // nop [rax + rax]
                                               {0xc7, 0xc0, 1, 0, 0, 0}})       // mov eax, 1
    EXPECT_EQ(of(bytes).completion, Completion::certain) << std::hex << int{bytes[0]};
}

TEST(Decode, WhatCompletesWithItsOnlyLoadOrStore) {
  for (const Bytes& bytes : std::vector<Bytes>{{0xc3},              // ret
                                               {0x58},              // pop rax
                                               {0x48, 0x8b, 0x03},  // mov rax, [rbx]
                                               {0x0f, 0xb6, 0x03},  // movzx eax, byte [rbx]
                                               {0x48, 0x3b, 0x03},  // cmp rax, [rbx]
                                               {0x39, 0x03},        // cmp [rbx], eax
                                               {0x83, 0x3b, 0x00},  // cmp dword [rbx], 0
                                               {0xff, 0x23},        // jmp [rbx]
                                               {0xc9}})             // leave
    EXPECT_EQ(of(bytes).completion, Completion::load) << std::hex << int{bytes[0]};
  for (const Bytes& bytes : std::vector<Bytes>{{0xe8, 0, 0, 0, 0},  // call
                                               {0x50},              // push rax
                                               {0x48, 0x89, 0x03},  // mov [rbx], rax
                                               {0xc6, 0x03, 0x01},  // mov byte [rbx], 1
                                               {0xff, 0xd0},        // call rax
                                               {0xff, 0x13}})       // call [rbx]
    EXPECT_EQ(of(bytes).completion, Completion::store) << std::hex << int{bytes[0]};
}

TEST(Decode, WhatMustBeAskedAfterwards) {
  for (const Bytes& bytes : std::vector<Bytes>{{0x01, 0x03},              // add [rbx], eax
                                               {0xf0, 0x0f, 0xb1, 0x0b},  // lock cmpxchg [rbx], ecx
                                               {0xf7, 0xf1},              // div ecx
                                               {0x83, 0x03, 0x01},        // add dword [rbx], 1
                                               {0x48, 0xcf},              // iretq
                                               {0x0f, 0x30},              // wrmsr
                                               {0xc5, 0xf8, 0x77},        // vzeroupper
                                               {0x8f, 0x03}})             // pop [rbx]
    EXPECT_EQ(of(bytes).completion, Completion::unknown) << std::hex << int{bytes[0]};
  const Decoded repeated = of({0xf3, 0xa4});  // rep movsb
  EXPECT_EQ(repeated.completion, Completion::unknown);
  EXPECT_TRUE(repeated.string);
  EXPECT_FALSE(of({0x90}).string);
}

TEST(Decode, NothingOfAnEmptyInstruction) {
  EXPECT_EQ(of({}).event, Event::none);
  EXPECT_EQ(of({}).completion, Completion::unknown);
  EXPECT_EQ(of({0x66, 0x66}).completion, Completion::unknown);
}

}  // namespace
}  // namespace osext
