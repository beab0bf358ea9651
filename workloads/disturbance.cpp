// SPDX-License-Identifier: GPL-2.0
#include "workloads/disturbance.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "workloads/burn.h"
#include "workloads/clock.h"
#include "workloads/instant.h"

namespace osext {
namespace {

// Above 0, at most 1: its logarithm is finite.
double draw_unit(std::mt19937_64& dice) {
  constexpr double kSteps = 9007199254740992.0;  // 2^53
  return (static_cast<double>(dice() >> 11) + 1) / kSteps;
}

std::int64_t draw_gap_ns(std::mt19937_64& dice) {
  const double gap_ns = -std::log(draw_unit(dice)) * static_cast<double>(kMeanGapNs);
  return std::max<std::int64_t>(1, std::llround(gap_ns / kGapUnitNs)) * kGapUnitNs;
}

// 1, 2, ... units; each further one with the probability that gives the mean.
std::int64_t draw_burst_ns(std::mt19937_64& dice) {
  const double units = static_cast<double>(kMeanBurstNs) / kBurstUnitNs;
  const double further = std::floor(std::log(draw_unit(dice)) / std::log(1 - 1 / units));
  return (1 + static_cast<std::int64_t>(further)) * kBurstUnitNs;
}

}  // namespace

std::vector<Burst> draw_bursts(std::uint64_t seed, std::int64_t window_ns) {
  std::mt19937_64 dice(seed);
  std::vector<Burst> bursts;
  for (std::int64_t begin_ns = kFirstGapNs; begin_ns < window_ns;) {
    const std::int64_t end_ns = begin_ns + draw_burst_ns(dice);
    bursts.push_back({begin_ns, end_ns});
    begin_ns = end_ns + draw_gap_ns(dice);
  }
  return bursts;
}

void disturb(std::int64_t start_ns, const std::vector<Burst>& bursts) {
  for (const Burst& burst : bursts) {
    sleep_until(static_cast<std::uint64_t>(start_ns + burst.begin_ns));
    while (now_ns() < start_ns + burst.end_ns) burn();
  }
  for (;;) pause();
}

}  // namespace osext
