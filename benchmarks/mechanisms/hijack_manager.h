// SPDX-License-Identifier: GPL-2.0
// HijackManager: the tasks of cpu_service as guests of one executive with policy `reserve`, which
// gives each its time of each period exactly.  Nothing has to be watched or computed for that: who
// runs the tasks knows what they had, so there is no PID function.
//
// The rule is that of the other mechanisms: the executive's thread stands above the disturbance, so
// a task with time left does, and a task that has spent its time does not run.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "executive/cpu_reservations.h"
#include "executive/host/session.h"
#include "measure/shared_array.h"
#include "workloads/cpu_manager.h"

namespace osext {

class HijackManager : public CpuManager {
 public:
  // Starts the executive, so none may be running; the module is loaded.
  explicit HijackManager(const std::string& executive_file);

  void enter() override;
  void start(std::span<const ManagedTask> tasks) override;
  void stop() override;
  // The executive's thread without its guests: scheduling, and its own system calls.
  std::int64_t cpu_ns() override;
  // The executive runs the tasks, so their own clocks stand still.
  std::int64_t task_cpu_ns(pid_t pid) override;
  std::map<std::string, std::int64_t> counters() override;

 private:
  static constexpr std::size_t kMostTasks = 8;
  struct Wanted {
    pid_t pid;
    std::int64_t target_ns, period_ns;
  };

  executive::ReserveReport report() const;

  HijackSession session_;
  SharedArray<Wanted> wanted_{kMostTasks};  // for the tasks, which are forked before it is known
  executive::ReserveReport last_{};
  osext_hijack_statistics statistics_{};
};

}  // namespace osext
