// SPDX-License-Identifier: GPL-2.0
// What the checks of delivery by handler share: guests that are interrupted often.
#pragma once

#include "tests/hijack/guest/check.h"

namespace osext::test {

constexpr std::uint64_t kTopOfStack = OSEXT_HIJACK_ALTERNATE + OSEXT_HIJACK_SIGNAL_STACK_BYTES;
// The timer rings every quantum, also for a guest that is alone.
inline const HijackOptions often_by_handler{"policy=interpose quantum_us=500 delivery=handler"};

inline std::uint64_t count(osext_hijack_statistic which) {
  return hijack_call(OSEXT_HIJACK_STATISTICS, which);
}

// Computes, without a system call, for a while in which the timer rings many times on any machine.
inline void spin() {
  for (int i = 0; i < 3000000; ++i) asm volatile("");
}

// Spins until the guest was interrupted so often more.
inline void await_interrupts(std::uint64_t interrupts) {
  const std::uint64_t until = count(OSEXT_HIJACK_COUNT_UPCALLS) + interrupts;
  while (count(OSEXT_HIJACK_COUNT_UPCALLS) < until) spin();
}

}  // namespace osext::test
