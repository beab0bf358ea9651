// SPDX-License-Identifier: GPL-2.0
// cpu_shares: three CPU-bound real-time tasks that are to get 10, 20 and 30 % of the processor,
// and a disturbance above them that wants all of it in bursts.  (Slides, "Experimental Setup".)
//
//   measures: what share of the processor each task had, second by second, and over the bursts
//             together; and what share whoever manages them took
//   excludes: the time before the manager is started; nothing is subtracted
//   expected: without a manager the tasks' priorities decide: the highest takes all that the
//             disturbance leaves.  Stopping tasks only caps them: in a burst they get nothing.
//             Raising those that have budget left above the disturbance gives them their shares
//   confounders: periods of 200, 400 and 500 ms do not divide a second: a task that gets exactly
//             its target in each period is off by up to a period's target in some seconds; the
//             grid of 10 ms on which managers look; what else of the kernel runs
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

#include "workloads/cpu_manager.h"

namespace osext {

// The slides' tasks.
struct CpuTask {
  const char* name;
  std::int64_t target_ns;
  std::int64_t period_ns;

  // In thousandths of a percent.
  constexpr std::int64_t target_share() const { return 100'000 * target_ns / period_ns; }
  constexpr int priority() const { return static_cast<int>(80 * target_ns / period_ns); }
};
inline constexpr std::array<CpuTask, 3> kCpuTasks{{{"P1", 40'000'000, 400'000'000},
                                                   {"P2", 100'000'000, 500'000'000},
                                                   {"P3", 60'000'000, 200'000'000}}};
inline constexpr const char* kHogName = "hog";

// How far a share may be from its target before that second is a violation: 2 points.
inline constexpr std::int64_t kToleratedPoints = 2'000;

struct CpuShares {
  std::vector<std::int64_t> each_second;  // thousandths of a percent
  std::int64_t in_bursts = 0;             // over all of them together
};

struct CpuServiceResult {
  std::array<CpuShares, kCpuTasks.size()> tasks;
  CpuShares hog;
  std::int64_t manager_share = 0;  // thousandths of a percent, over the whole time
  std::int64_t bursts_ns = 0;      // how much of the time that is measured lay in bursts
  std::size_t kernel_daemons = 0;  // how many threads were put above the disturbance
};

// `manager` may be nullptr: nobody manages them.  Needs root and real-time priorities without
// limits; pin to one CPU before.  Throws std::runtime_error.
CpuServiceResult cpu_service(std::chrono::milliseconds window, std::uint64_t seed,
                             CpuManager* manager);

}  // namespace osext
