// SPDX-License-Identifier: GPL-2.0
#include "workloads/process_manager.h"

#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "workloads/instant.h"
#include "workloads/monitored_task.h"
#include "workloads/proc_time.h"

namespace osext {
namespace {

constexpr std::int64_t kSampleNs = OSEXT_CPU_SAMPLE_NS;

void set_round_robin(pid_t pid, int priority) {
  sched_param parameter{};
  parameter.sched_priority = priority;
  if (sched_setscheduler(pid, SCHED_RR, &parameter) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot set a task's priority");
}

void send(pid_t pid, int signal) {
  if (kill(pid, signal) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot signal a task");
}

// The manager's process.
class Loop {
 public:
  Loop(std::span<const ManagedTask> tasks, CpuActuator actuator, unsigned form,
       ProcessManager::Counts& counts)
      : actuator_(actuator), counts_(counts) {
    for (const ManagedTask& task : tasks) tasks_.emplace_back(task, form);
  }

  [[noreturn]] void run() {
    // Tasks that may run at first are raised before anything runs.
    for (MonitoredTask& task : tasks_) raise(task);
    std::int64_t last_ns = now_ns();
    std::int64_t next_ns = last_ns + kSampleNs;
    std::atomic_ref(counts_.ready).store(1, std::memory_order_release);
    for (;;) {
      sleep_until(static_cast<std::uint64_t>(next_ns));
      const std::int64_t woken_ns = now_ns();
      const std::int64_t passed = 1 + (woken_ns - next_ns) / kSampleNs;
      counts_.late += passed - 1;
      counts_.longest_ns = std::max(counts_.longest_ns, woken_ns - last_ns);
      last_ns = woken_ns;
      next_ns += passed * kSampleNs;
      for (MonitoredTask& task : tasks_) manage(task, static_cast<unsigned>(passed));
    }
  }

 private:
  void manage(MonitoredTask& task, unsigned passed) {
    const bool may_run = task.decide(task.read_cpu_ns(), passed);
    ++counts_.samples;
    if (may_run != task.runs) {
      if (may_run)
        go_on(task);
      else
        stop(task);
    }
    if (!task.blocked_by_guard()) return;
    ++counts_.unsafe;
    if (!task.runs) ++counts_.unsafe_blocked;
  }

  void go_on(MonitoredTask& task) {
    raise(task);
    send(task.pid(), SIGCONT);
    ++counts_.continues;
    task.runs = true;
  }

  void stop(MonitoredTask& task) {
    send(task.pid(), SIGSTOP);
    lower(task);
    ++counts_.stops;
    task.runs = false;
  }

  void raise(MonitoredTask& task) {
    if (actuator_ != CpuActuator::priority) return;
    set_round_robin(task.pid(), OSEXT_CPU_RAISED_PRIORITY);
    ++counts_.raised;
  }

  void lower(MonitoredTask& task) {
    if (actuator_ != CpuActuator::priority) return;
    set_round_robin(task.pid(), task.priority());
    ++counts_.lowered;
  }

  CpuActuator actuator_;
  ProcessManager::Counts& counts_;
  std::vector<MonitoredTask> tasks_;
};

}  // namespace

void ProcessManager::start(std::span<const ManagedTask> tasks) {
  process_ = std::make_unique<Child>([&] { Loop(tasks, actuator_, form_, counts_[0]).run(); });
  set_round_robin(process_->pid(), actuator_ == CpuActuator::priority ? OSEXT_CPU_ACTUATOR_PRIORITY
                                                                      : OSEXT_CPU_HOG_PRIORITY);
  // It is below its creator, and above the tasks: it runs when the creator sleeps.
  constexpr int kNaps = 1000;
  constexpr std::uint64_t kNapNs = 1'000'000;
  for (int i = 0; i < kNaps; ++i) {
    if (std::atomic_ref(counts_[0].ready).load(std::memory_order_acquire) != 0) return;
    sleep_until(monotonic_ns() + kNapNs);
  }
  throw std::runtime_error("the manager does not start");
}

void ProcessManager::stop() {
  process_.reset();
}

std::int64_t ProcessManager::cpu_ns() {
  return clock_cpu_ns(process_->pid());
}

std::map<std::string, std::int64_t> ProcessManager::counters() {
  const Counts& counts = counts_[0];
  return {{"samples", counts.samples},
          {"unsafe", counts.unsafe},
          {"unsafe_blocked", counts.unsafe_blocked},
          {"raised", counts.raised},
          {"lowered", counts.lowered},
          {"stops", counts.stops},
          {"continues", counts.continues},
          {"late_samples", counts.late},
          {"longest_pause_ns", counts.longest_ns}};
}

}  // namespace osext
