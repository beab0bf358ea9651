// SPDX-License-Identifier: GPL-2.0
#include "workloads/cpu_service.h"

#include <osext/cpu_service.h>
#include <sched.h>
#include <signal.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "workloads/burn.h"
#include "workloads/child.h"
#include "workloads/disturbance.h"
#include "workloads/instant.h"
#include "workloads/kernel_daemons.h"
#include "workloads/proc_time.h"

namespace osext {
namespace {

constexpr int kObserverPriority = 99;
constexpr std::int64_t kLookNs = kGapUnitNs;  // so that a look never straddles a burst's edge
constexpr std::int64_t kLeadNs = 20 * kNsPerMs;
constexpr std::size_t kLooksASecond = kNsPerSecond / kLookNs;

static_assert(kBurstUnitNs % kLookNs == 0 && kFirstGapNs % kLookNs == 0);

void set_scheduling(pid_t pid, int policy, int priority) {
  sched_param parameter{};
  parameter.sched_priority = priority;
  if (sched_setscheduler(pid, policy, &parameter) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot set a real-time priority");
}

// The caller above everything that it looks at, while this object lives.
class Observer {
 public:
  Observer() {
    sched_getparam(0, &parameter_);
    set_scheduling(0, SCHED_FIFO, kObserverPriority);
  }
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  ~Observer() { sched_setscheduler(0, policy_, &parameter_); }

 private:
  int policy_ = sched_getscheduler(0);
  sched_param parameter_{};
};

// A process that has not run yet, with the scheduling that it is to have.
std::unique_ptr<Child> start(int priority, const std::function<void()>& body) {
  auto child = std::make_unique<Child>(body);
  set_scheduling(child->pid(), SCHED_RR, priority);
  return child;
}

// The tasks, which burn CPU time until this object dies.
class Tasks {
 public:
  explicit Tasks(CpuManager* manager) {
    for (const CpuTask& task : kCpuTasks)
      children_.push_back(start(task.priority(), [manager] {
        if (manager != nullptr) manager->enter();
        for (;;) burn();
      }));
  }
  Tasks(const Tasks&) = delete;
  Tasks& operator=(const Tasks&) = delete;
  ~Tasks() {
    // All of them at once: one that is to die needs the CPU for it, and would not get it.
    for (const auto& child : children_) kill(child->pid(), SIGKILL);
  }

  pid_t pid(std::size_t i) const { return children_[i]->pid(); }
  std::vector<ManagedTask> managed() const {
    std::vector<ManagedTask> tasks;
    for (std::size_t i = 0; i < kCpuTasks.size(); ++i) {
      const CpuTask& task = kCpuTasks[i];
      tasks.push_back({task.name, pid(i), task.target_ns, task.period_ns, task.priority()});
    }
    return tasks;
  }

 private:
  std::vector<std::unique_ptr<Child>> children_;
};

// A process's CPU time at each look.
struct Watched {
  pid_t pid;
  std::vector<std::int64_t> total_ns;

  std::int64_t had_ns(std::size_t from, std::size_t to) const {
    return total_ns[to] - total_ns[from];
  }
};

std::int64_t share(std::int64_t had_ns, std::int64_t of_ns) {
  return of_ns == 0 ? 0 : (had_ns * 100'000 + of_ns / 2) / of_ns;
}

class Looks {
 public:
  void look(std::vector<Watched>& all, CpuManager* manager) {
    instants_ns_.push_back(now_ns());
    for (Watched& one : all)
      one.total_ns.push_back(manager == nullptr ? clock_cpu_ns(one.pid)
                                                : manager->task_cpu_ns(one.pid));
  }
  std::size_t count() const { return instants_ns_.size(); }
  std::int64_t between_ns(std::size_t from, std::size_t to) const {
    return instants_ns_[to] - instants_ns_[from];
  }

  CpuShares shares(const Watched& one, const std::vector<Burst>& bursts) const {
    CpuShares result;
    for (std::size_t to = kLooksASecond; to < count(); to += kLooksASecond) {
      const std::size_t from = to - kLooksASecond;
      result.each_second.push_back(share(one.had_ns(from, to), between_ns(from, to)));
    }
    std::int64_t had_ns = 0, of_ns = 0;
    for (const auto& [from, to] : in(bursts)) {
      had_ns += one.had_ns(from, to);
      of_ns += between_ns(from, to);
    }
    result.in_bursts = share(had_ns, of_ns);
    return result;
  }

  std::int64_t bursts_ns(const std::vector<Burst>& bursts) const {
    std::int64_t of_ns = 0;
    for (const auto& [from, to] : in(bursts)) of_ns += between_ns(from, to);
    return of_ns;
  }

 private:
  // The bursts as numbers of looks, as far as there are looks.
  std::vector<std::pair<std::size_t, std::size_t>> in(const std::vector<Burst>& bursts) const {
    std::vector<std::pair<std::size_t, std::size_t>> spans;
    for (const Burst& burst : bursts) {
      const auto from = static_cast<std::size_t>(burst.begin_ns / kLookNs);
      const auto to = static_cast<std::size_t>(burst.end_ns / kLookNs);
      if (from + 1 < count()) spans.emplace_back(from, std::min(to, count() - 1));
    }
    return spans;
  }

  std::vector<std::int64_t> instants_ns_;
};

// Stops managing, also when something throws.
class Managing {
 public:
  Managing(CpuManager* manager, std::span<const ManagedTask> tasks) : manager_(manager) {
    if (manager_ != nullptr) manager_->start(tasks);
  }
  Managing(const Managing&) = delete;
  Managing& operator=(const Managing&) = delete;
  ~Managing() {
    if (manager_ != nullptr) manager_->stop();
  }
  std::int64_t cpu_ns() const { return manager_ == nullptr ? 0 : manager_->cpu_ns(); }

 private:
  CpuManager* manager_;
};

}  // namespace

CpuServiceResult cpu_service(std::chrono::milliseconds window, std::uint64_t seed,
                             CpuManager* manager) {
  const std::int64_t window_ns = std::chrono::nanoseconds(window).count();
  const std::vector<Burst> bursts = draw_bursts(seed, window_ns);
  const KernelDaemons daemons(OSEXT_CPU_DAEMON_PRIORITY);
  const Observer observer;

  const Tasks tasks(manager);
  const Managing managing(manager, tasks.managed());
  const std::int64_t start_ns = now_ns() + kLeadNs;
  const auto hog = start(OSEXT_CPU_HOG_PRIORITY, [&] {
    if (manager != nullptr) manager->enter();
    disturb(start_ns, bursts);
  });

  std::vector<Watched> watched;
  for (std::size_t i = 0; i < kCpuTasks.size(); ++i) watched.push_back({tasks.pid(i), {}});
  watched.push_back({hog->pid(), {}});
  Looks looks;
  std::int64_t manager_ns = 0;
  for (std::int64_t at_ns = 0; at_ns <= window_ns; at_ns += kLookNs) {
    sleep_until(static_cast<std::uint64_t>(start_ns + at_ns));
    looks.look(watched, manager);
    if (at_ns == 0) manager_ns = managing.cpu_ns();
  }
  manager_ns = managing.cpu_ns() - manager_ns;

  CpuServiceResult result;
  for (std::size_t i = 0; i < kCpuTasks.size(); ++i)
    result.tasks[i] = looks.shares(watched[i], bursts);
  result.hog = looks.shares(watched.back(), bursts);
  result.manager_share = share(manager_ns, looks.between_ns(0, looks.count() - 1));
  result.bursts_ns = looks.bursts_ns(bursts);
  result.kernel_daemons = daemons.count();
  return result;
}

}  // namespace osext
