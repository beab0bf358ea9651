// SPDX-License-Identifier: GPL-2.0
// Background: CPU-bound tasks that want the whole CPU for as long as this object lives.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "measure/shared_array.h"
#include "workloads/child.h"

namespace osext {

// A task's count, in a cache line of its own.
struct alignas(64) LoopCount {
  std::uint64_t loops;
  std::uint64_t stop;  // not 0: the task is to end
};

class Background {
 public:
  // Forks `tasks` processes, which inherit CPU and policy.  Each calls `first` and then counts,
  // without a system call, until it is killed or stopped.  Throws std::system_error.
  explicit Background(
      unsigned tasks, const std::function<void()>& first = [] {});

  // Throws std::runtime_error when one does not get the CPU.
  void until_each_has_run() const;
  // Asks them all to end; any process may that was forked from this one.
  void stop();

  // How often all of them together have gone round so far.
  std::uint64_t loops() const;

 private:
  SharedArray<LoopCount> counts_;
  std::vector<std::unique_ptr<Child>> tasks_;
};

// What the background did in a span of time, per millisecond of it.
class Throughput {
 public:
  explicit Throughput(const Background& background);
  std::int64_t loops_per_ms() const;

 private:
  const Background& background_;
  std::uint64_t loops_;
  std::int64_t since_ns_;
};

}  // namespace osext
