// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/experiments/experiments.h"

namespace osext {

std::vector<Params> background_tasks() {
  constexpr int kMost = 4;
  std::vector<Params> all;
  for (int tasks = 0; tasks <= kMost; ++tasks)
    all.push_back({{"background", std::to_string(tasks)}});
  return all;
}

}  // namespace osext
