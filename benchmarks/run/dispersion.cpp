// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/run/dispersion.h"

#include <fmt/format.h>

#include <algorithm>

#include "measure/statistics.h"

namespace osext {

void mark_dispersion(std::vector<Sample>& samples) {
  for (Sample& sample : samples) {
    if (sample.status != Status::ok || (sample.metric != "cycles" && sample.metric != "ns")) {
      continue;
    }
    std::vector<std::int64_t> sorted = sample.values;
    if (sorted.size() < 4) continue;  // too few to speak of a middle half
    std::sort(sorted.begin(), sorted.end());
    const std::int64_t spread = nearest_rank(sorted, 75) - nearest_rank(sorted, 25);
    const std::int64_t median = nearest_rank(sorted, 50);
    if (spread * 100 <= median * dispersion_limit_percent) continue;
    sample.status = Status::unstable;
    sample.reason = fmt::format(
        "the middle half of the values spreads over more than {} % of "
        "their median: is the computer busy?",
        dispersion_limit_percent);
  }
}

}  // namespace osext
