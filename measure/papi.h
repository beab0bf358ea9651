// SPDX-License-Identifier: GPL-2.0
// PAPI: a second, independent way to the same hardware counters.  Its figures stand beside those of
// perf_event under names of their own, so that a disagreement shows.
#pragma once

#include <cstdint>
#include <vector>

#include "measure/counter_metric.h"

namespace osext {

// Counts for the calling thread only.
class Papi {
 public:
  // Starts counting; throws std::runtime_error with the reason in one line.
  Papi();
  Papi(const Papi&) = delete;
  Papi& operator=(const Papi&) = delete;
  ~Papi();

  const std::vector<CounterMetric>& metrics() const { return metrics_; }
  void read(std::uint64_t* values);

 private:
  int event_set_;
  std::vector<CounterMetric> metrics_;
};

}  // namespace osext
