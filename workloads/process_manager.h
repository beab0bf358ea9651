// SPDX-License-Identifier: GPL-2.0
// ProcessManager: the slides' user-level CPU service manager, "a periodic RT process".  Every 10 ms
// it reads /proc/PID/stat of each task, computes what monitor, handler and guard compute
// (osext/cpu_service.h), and acts by system calls.
//
//   actuator sigstop: SIGSTOP and SIGCONT, as on the slides.  A task that may run has the priority
//     it started with.  The manager has the disturbance's, 96, and waits for its turn beside it.
//   actuator priority: the rule of the other mechanisms, by system calls.  A task that may run is
//     raised above the disturbance, too (sched_setscheduler), so the manager must be above both.
#pragma once

#include <memory>

#include "measure/shared_array.h"
#include "workloads/child.h"
#include "workloads/cpu_manager.h"

namespace osext {

enum class CpuActuator { sigstop, priority };

class ProcessManager : public CpuManager {
 public:
  // `form`: one of OSEXT_CPU_PID_...
  ProcessManager(CpuActuator actuator, unsigned form) : actuator_(actuator), form_(form) {}

  void start(std::span<const ManagedTask> tasks) override;
  void stop() override;
  std::int64_t cpu_ns() override;
  std::map<std::string, std::int64_t> counters() override;

  // What it counts, in memory that it shares with its creator.
  struct Counts {
    std::int64_t ready;  // 1: it manages
    std::int64_t samples, unsafe, unsafe_blocked, raised, lowered;
    std::int64_t stops, continues;
    std::int64_t late;        // samples that had passed before it got the CPU
    std::int64_t longest_ns;  // between two rounds
  };

 private:
  CpuActuator actuator_;
  unsigned form_;
  SharedArray<Counts> counts_{1};
  std::unique_ptr<Child> process_;
};

}  // namespace osext
