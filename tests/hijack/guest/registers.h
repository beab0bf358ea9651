// SPDX-License-Identifier: GPL-2.0
// A system call with every register and flag under control.
#pragma once

#include <cstdint>

namespace osext::test {

struct Registers {
  std::uint64_t rax, rbx, rdx, rsi, rdi, rbp, r8, r9, r10, r12, r13, r14, r15;
  std::uint64_t flags;
  std::uint64_t rsp_moved, unused;  // rsp_moved: out only, must be 0
  std::uint64_t xmm[32];
};
static_assert(sizeof(Registers) == 384);

// Makes the call `number`, rdi = `argument`, with random values everywhere else, and returns rax.
// Throws if anything but rax, rcx and r11 comes back changed, or fs/gs.
std::uint64_t checked_call(std::uint64_t number, std::uint64_t argument);

}  // namespace osext::test
