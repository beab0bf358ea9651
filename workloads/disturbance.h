// SPDX-License-Identifier: GPL-2.0
// The disturbance of the slides' CPU experiment: a "CPU hog" that wants the whole processor in
// bursts, as a Markov-modulated process has them: exponential gaps of 10 s in the mean, geometric
// bursts of 3 s in the mean.
#pragma once

#include <cstdint>
#include <vector>

namespace osext {

inline constexpr std::int64_t kMeanGapNs = 10'000'000'000;
inline constexpr std::int64_t kMeanBurstNs = 3'000'000'000;
// A burst is so many whole seconds; a gap is rounded to the grid on which the experiment looks.
inline constexpr std::int64_t kBurstUnitNs = 1'000'000'000;
inline constexpr std::int64_t kGapUnitNs = 100'000'000;
// The first gap is not drawn, so that a short run has a burst, too.
inline constexpr std::int64_t kFirstGapNs = kMeanGapNs / 2;

struct Burst {
  std::int64_t begin_ns, end_ns;  // since the experiment began
};

// The bursts that begin in the window, in their order; one seed always gives the same.  The last
// one may end after the window.
std::vector<Burst> draw_bursts(std::uint64_t seed, std::int64_t window_ns);

// Becomes the hog: burns CPU time in the bursts, sleeps in between, and never returns.
[[noreturn]] void disturb(std::int64_t start_ns, const std::vector<Burst>& bursts);

}  // namespace osext
