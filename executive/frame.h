/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What entry.S saves of a guest (save=full), as C++ sees it: the guest's record
 * begins with it.  The current guest's ip, flags and sp stand in the shared
 * page; after a system call rcx and r11 hold nothing, as everywhere on x86-64.
 */
#ifndef OSEXT_EXECUTIVE_FRAME_H
#define OSEXT_EXECUTIVE_FRAME_H

/* Offsets for assembly. */
#define FRAME_RAX 0

#ifndef __ASSEMBLER__
#include <cstddef>
#include <cstdint>

namespace osext::executive {

struct Frame {
  uint64_t rax;  // in: the number of the call; out: the operation to leave by
  uint64_t gs_base, fs_base;
  uint64_t rdi, rsi, rdx, r10, r8, r9;
  uint64_t rbx, rbp, r12, r13, r14, r15;
};
static_assert(offsetof(Frame, rax) == FRAME_RAX && sizeof(Frame) == 15 * 8);

}  // namespace osext::executive
#endif

#endif
