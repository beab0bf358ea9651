// SPDX-License-Identifier: GPL-2.0
// What a user-level manager does for one task at a time: read /proc/PID/stat, decide, act.  The
// experiment cpu_service runs it every 10 ms, and monitor_handler measures what one run costs.
#pragma once

#include <osext/cpu_service.h>

#include <string>

#include "workloads/cpu_manager.h"

namespace osext {

class MonitoredTask {
 public:
  // Throws std::system_error when there is no such process.
  MonitoredTask(const ManagedTask& task, unsigned form);

  // Its CPU time as /proc prints it: open, read, close and parse.  Throws std::runtime_error.
  std::int64_t read_cpu_ns() const;

  // Monitor, handler and guard: may it run?  `samples` have passed since the last time.
  bool decide(std::int64_t cpu_ns, unsigned samples);
  bool blocked_by_guard() const { return state_.blocked != 0; }

  pid_t pid() const { return pid_; }
  int priority() const { return priority_; }
  bool runs = true;  // as the last signal had it

 private:
  pid_t pid_;
  int priority_;
  std::string path_;
  osext_cpu_task state_{};
};

}  // namespace osext
