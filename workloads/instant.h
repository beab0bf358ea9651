// SPDX-License-Identifier: GPL-2.0
// Instants of CLOCK_MONOTONIC as packets carry them, unsigned, and sleeping until one.
#pragma once

#include <time.h>

#include <cstdint>

#include "workloads/clock.h"

namespace osext {

inline std::uint64_t monotonic_ns() {
  return static_cast<std::uint64_t>(now_ns());
}

inline void sleep_until(std::uint64_t instant_ns) {
  constexpr std::uint64_t second_ns = kNsPerSecond;
  const timespec until{static_cast<time_t>(instant_ns / second_ns),
                       static_cast<long>(instant_ns % second_ns)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) != 0) {
  }
}

}  // namespace osext
