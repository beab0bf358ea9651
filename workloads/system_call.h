// SPDX-License-Identifier: GPL-2.0
// A system call without libc: the instruction and its operands, so that a timed region contains
// nothing else.
#pragma once

namespace osext {

// Returns what the kernel returns: a negative errno on failure.  Context: any, also signal
// handlers.
[[gnu::always_inline]] inline long system_call(long number) {
  long result;
  asm volatile("syscall" : "=a"(result) : "a"(number) : "rcx", "r11", "memory");
  return result;
}
[[gnu::always_inline]] inline long system_call(long number, long a) {
  long result;
  asm volatile("syscall" : "=a"(result) : "a"(number), "D"(a) : "rcx", "r11", "memory");
  return result;
}
[[gnu::always_inline]] inline long system_call(long number, long a, long b) {
  long result;
  asm volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b) : "rcx", "r11", "memory");
  return result;
}
[[gnu::always_inline]] inline long system_call(long number, long a, long b, long c) {
  long result;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c)
               : "rcx", "r11", "memory");
  return result;
}
[[gnu::always_inline]] inline long system_call(long number, long a, long b, long c, long d) {
  register long r10 asm("r10") = d;
  long result;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
               : "rcx", "r11", "memory");
  return result;
}

}  // namespace osext
