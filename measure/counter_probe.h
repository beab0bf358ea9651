// SPDX-License-Identifier: GPL-2.0
// CounterProbe: hardware counters by name, read by a system call at each mark.  Source is a class
// with `read(std::uint64_t* values)`; see pmu.h (perf_event, names through libpfm4) and papi.h.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "measure/shared_array.h"

namespace osext {

inline constexpr std::size_t kMaxCounters = 4;  // what a virtual PMU offers at least
using CounterValues = std::array<std::uint64_t, kMaxCounters>;

template <class Source>
class CounterProbe {
 public:
  CounterProbe(Source& source, std::uint64_t pairs) : source_(source), pair_(pairs), state_(1) {}

  [[gnu::always_inline]] void begin() { source_.read(pair_[state_[0]].begin.data()); }
  [[gnu::always_inline]] void end() { source_.read(pair_[state_[0]++].end.data()); }
  // Counters are never read elsewhere: such cells are Reach::enclosed and refuse this probe.
  void ended_elsewhere(std::uint64_t) { ++state_[0]; }
  void began_elsewhere(std::uint64_t) {}

  std::uint64_t pairs() const { return state_[0]; }
  std::vector<std::int64_t> values(std::size_t counter, std::uint64_t warmup) const {
    std::vector<std::int64_t> values;
    for (std::uint64_t i = warmup; i < pair_.size(); ++i)
      values.push_back(static_cast<std::int64_t>(pair_[i].end[counter] - pair_[i].begin[counter]));
    return values;
  }

 private:
  struct Pair {
    CounterValues begin, end;
  };
  Source& source_;
  SharedArray<Pair> pair_;
  SharedArray<std::uint64_t> state_;
};

}  // namespace osext
