/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The executive's own system calls, straight to Linux.  Results as the kernel
 * gives them: negative errno on error.  Pointers may point into the executive,
 * and while a guest is loaded into the guest too.
 */
#ifndef OSEXT_EXECUTIVE_LINUX_H
#define OSEXT_EXECUTIVE_LINUX_H

#include <cstdint>

namespace osext::executive {

inline int64_t system_call(uint64_t number, uint64_t a = 0, uint64_t b = 0, uint64_t c = 0,
                           uint64_t d = 0, uint64_t e = 0, uint64_t f = 0) {
  int64_t result;
  register uint64_t r10 asm("r10") = d;
  register uint64_t r8 asm("r8") = e;
  register uint64_t r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

}  // namespace osext::executive

#endif
