// SPDX-License-Identifier: GPL-2.0
// The guest's own clock, as programs read it: CLOCK_MONOTONIC, without a system call where the
// kernel lets them.  On the simulated machine it is a count of instructions.
#pragma once

#include <time.h>

#include <cstdint>

namespace osext {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kNsPerMs = 1'000'000;

inline std::int64_t to_ns(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * kNsPerSecond + time.tv_nsec;
}

// Context: any, also signal handlers.
inline std::int64_t now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return to_ns(now);
}

// How fine a timer may be: 1 with high-resolution timers, else a clock tick.
inline std::int64_t timer_resolution_ns() {
  timespec resolution;
  clock_getres(CLOCK_MONOTONIC, &resolution);
  return to_ns(resolution);
}

inline std::int64_t clock_tick_ns() {
  timespec tick;
  clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
  return to_ns(tick);
}

}  // namespace osext
