// SPDX-License-Identifier: GPL-2.0
// TscProbe: the time-stamp counter, the floor of what every x86-64 machine offers.  Values are TSC
// cycles: they tick at a constant rate whatever the core's own clock does.
#pragma once

#include <cstdint>
#include <vector>

#include "measure/shared_array.h"

namespace osext {

// Begin: LFENCE waits until every earlier instruction has completed, so that work before the region
// is not counted in it; the second LFENCE keeps the region's first instructions from starting
// before the counter is read.
[[gnu::always_inline]] inline std::uint64_t tsc_begin() {
  std::uint32_t low, high;
  asm volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high)::"memory");
  return static_cast<std::uint64_t>(high) << 32 | low;
}

// End: RDTSCP itself waits until every earlier instruction has executed; the LFENCE behind it keeps
// later instructions out of the region.
[[gnu::always_inline]] inline std::uint64_t tsc_end() {
  std::uint32_t low, high;
  asm volatile("rdtscp\n\tlfence" : "=a"(low), "=d"(high)::"rcx", "memory");
  return static_cast<std::uint64_t>(high) << 32 | low;
}

class TscProbe {
 public:
  // Throws std::system_error when there is no memory for `pairs` pairs.
  explicit TscProbe(std::uint64_t pairs) : stamps_(pairs), state_(1) {
    stamp_ = stamps_.data();
    next_ = state_.data();
  }

  [[gnu::always_inline]] void begin() {
    Stamp* stamp = stamp_ + *next_;
    stamp->begin = tsc_begin();
  }
  [[gnu::always_inline]] void end() {
    const std::uint64_t now = tsc_end();
    stamp_[(*next_)++].end = now;
  }
  // The operation that began here ended where `tsc` was read.
  [[gnu::always_inline]] void ended_elsewhere(std::uint64_t tsc) { stamp_[(*next_)++].end = tsc; }
  // The operation whose end() was just called began where `tsc` was read.
  [[gnu::always_inline]] void began_elsewhere(std::uint64_t tsc) { stamp_[*next_ - 1].begin = tsc; }

  std::uint64_t pairs() const { return *next_; }
  // Cycles of the pairs after the first `warmup`.
  std::vector<std::int64_t> values(std::uint64_t warmup) const {
    std::vector<std::int64_t> values;
    for (std::uint64_t i = warmup; i < stamps_.size(); ++i)
      values.push_back(static_cast<std::int64_t>(stamps_[i].end - stamps_[i].begin));
    return values;
  }

 private:
  struct Stamp {
    std::uint64_t begin, end;
  };
  SharedArray<Stamp> stamps_;
  SharedArray<std::uint64_t> state_;  // the next pair, shared with child processes
  Stamp* stamp_;
  std::uint64_t* next_;
};

}  // namespace osext
