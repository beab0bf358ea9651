// SPDX-License-Identifier: GPL-2.0
// Time stamps as the clock of programs has them: the line through two readings of both.  For code
// that can read the time stamp counter and nothing else.
#pragma once

#include <cstdint>

#include "measure/tsc_probe.h"
#include "workloads/clock.h"

namespace osext {

class StampClock {
 public:
  StampClock() : begin_(now()) {}
  // From now on times can be asked for.
  void stop() { end_ = now(); }
  std::int64_t ns_between(std::uint64_t from, std::uint64_t to) const {
    const auto ticks = static_cast<__int128>(to) - static_cast<__int128>(from);
    return static_cast<std::int64_t>(ticks * (end_.ns - begin_.ns) /
                                     static_cast<__int128>(end_.stamp - begin_.stamp));
  }

 private:
  struct Reading {
    std::uint64_t stamp;
    std::int64_t ns;
  };
  static Reading now() { return {tsc_end(), now_ns()}; }
  Reading begin_, end_{};
};

}  // namespace osext
