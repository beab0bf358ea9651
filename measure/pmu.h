// SPDX-License-Identifier: GPL-2.0
// The CPU's performance counters through perf_event; libpfm4 turns names into events.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "measure/counter_metric.h"

namespace osext {

// Counters that are scheduled together, counting everything that runs on the calling thread's CPU
// (so operations that cross processes are covered): pin first.
class PmuGroup {
 public:
  struct Event {
    const char* name;  // as libpfm4 knows it
    CounterMetric metric;
  };
  // Throws std::runtime_error with the reason in one line.
  PmuGroup(const std::vector<Event>& events, int cpu);
  PmuGroup(PmuGroup&& other) noexcept;
  PmuGroup& operator=(PmuGroup&&) = delete;
  ~PmuGroup();

  const std::vector<CounterMetric>& metrics() const { return metrics_; }
  // One system call; the values are in the order of metrics().
  void read(std::uint64_t* values);
  // Throws std::runtime_error when the kernel had to take the counters away meanwhile.
  void check_undisturbed();

 private:
  int leader() const { return files_.front(); }

  std::vector<int> files_;
  std::vector<CounterMetric> metrics_;
};

// The groups that primitive costs are counted with.
class PmuGroups {
 public:
  // Throws std::runtime_error when this machine, or its permissions, offer no counters.  A second
  // group that only this CPU lacks (TLB misses) is left out.
  PmuGroups();
  std::vector<PmuGroup>& groups() { return groups_; }

 private:
  std::vector<PmuGroup> groups_;
};

}  // namespace osext
