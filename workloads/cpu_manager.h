// SPDX-License-Identifier: GPL-2.0
// CpuManager: what manages the CPU shares of tasks, whatever it is made of.  The experiment
// (cpu_service.h) hands it the tasks and asks it what it has cost; a mechanism supplies no more
// than this.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "workloads/proc_time.h"

namespace osext {

// A CPU-bound task that is to get so much CPU time in each period.
struct ManagedTask {
  std::string name;
  pid_t pid;
  std::int64_t target_ns;
  std::int64_t period_ns;  // a multiple of OSEXT_CPU_SAMPLE_NS
  int priority;            // the SCHED_RR priority that it starts with
};

class CpuManager {
 public:
  virtual ~CpuManager() = default;

  // Called in each task's own process, and in the disturbance's, before it begins.
  virtual void enter() {}

  // Returns when the tasks are managed, from now on.  They are runnable, and none has run yet.
  // Throws std::runtime_error; then none is managed.
  virtual void start(std::span<const ManagedTask> tasks) = 0;

  // Manages them no more; they may be in any state, and are killed next.
  virtual void stop() = 0;

  // CPU time that one of the tasks, or the disturbance, has had so far.
  virtual std::int64_t task_cpu_ns(pid_t pid) { return clock_cpu_ns(pid); }

  // CPU time that managing has taken so far, in the kernel or outside.  Asked at the beginning and
  // at the end of the time that is measured.
  virtual std::int64_t cpu_ns() = 0;

  // What else is to stand in the record, by name; after stop().  Those that every manager has:
  //   raised, lowered  how often a task was put above the disturbance, and back
  // and those that look at tasks:
  //   samples          how often it looked at a task
  //   unsafe           ... and found its average utilization over two periods above the target
  //   unsafe_blocked   ... and kept it from running for that
  virtual std::map<std::string, std::int64_t> counters() = 0;
};

}  // namespace osext
