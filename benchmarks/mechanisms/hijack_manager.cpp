// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/hijack_manager.h"

#include <osext/cpu_service.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "executive/scheduling_attributes.h"
#include "workloads/instant.h"
#include "workloads/proc_time.h"

namespace osext {
namespace {

// Asks the executive, which this process is a guest of.
void reserve(std::int64_t target_ns, std::int64_t period_ns) {
  executive::SchedulingAttributes wanted{};
  wanted.size = sizeof wanted;
  wanted.policy = executive::kSchedDeadline;
  wanted.runtime_ns = static_cast<std::uint64_t>(target_ns);
  wanted.deadline_ns = wanted.period_ns = static_cast<std::uint64_t>(period_ns);
  if (syscall(SYS_sched_setattr, 0, &wanted, 0) != 0)
    throw std::system_error(errno, std::generic_category(), "the executive reserves nothing");
}

}  // namespace

HijackManager::HijackManager(const std::string& executive_file) {
  session_.start(executive_file,
                 {.words = "policy=reserve", .priority = OSEXT_CPU_RAISED_PRIORITY});
}

void HijackManager::enter() {
  for (std::size_t i = 0; i < kMostTasks; ++i) {
    if (wanted_[i].pid != getpid()) continue;
    session_.join();
    reserve(wanted_[i].target_ns, wanted_[i].period_ns);
  }
}

void HijackManager::start(std::span<const ManagedTask> tasks) {
  if (tasks.size() > kMostTasks) throw std::runtime_error("too many tasks for the executive");
  for (std::size_t i = 0; i < tasks.size(); ++i)
    wanted_[i] = {tasks[i].pid, tasks[i].target_ns, tasks[i].period_ns};
  // They run, and join, when this process sleeps.
  constexpr int kNaps = 5000;
  constexpr std::uint64_t kNapNs = 1'000'000;
  for (int i = 0; i < kNaps; ++i) {
    const executive::ReserveReport now = report();
    const auto reserved = std::count_if(std::begin(now.of), std::end(now.of),
                                        [](const auto& one) { return one.pid != 0; });
    if (static_cast<std::size_t>(reserved) == tasks.size()) return;
    sleep_until(monotonic_ns() + kNapNs);
  }
  throw std::runtime_error("not all tasks have got reservations");
}

executive::ReserveReport HijackManager::report() const {
  const std::vector<std::uint64_t> words = session_.report(executive::kReserveReportWords);
  if (words.size() != executive::kReserveReportWords)
    throw std::runtime_error("the executive reports no reservations");
  executive::ReserveReport report;
  std::memcpy(&report, words.data(), sizeof report);
  return report;
}

void HijackManager::stop() {
  last_ = report();
  statistics_ = session_.statistics();
  session_.stop();
}

std::int64_t HijackManager::cpu_ns() {
  const executive::ReserveReport now = report();
  const std::int64_t thread_ns = clock_cpu_ns(session_.executive_pid());
  std::int64_t guests_ns = 0;
  for (const auto& one : now.of) guests_ns += executive::reserved_time_ns(one.time, thread_ns);
  return thread_ns - guests_ns;
}

std::int64_t HijackManager::task_cpu_ns(pid_t pid) {
  const std::int64_t own_ns = clock_cpu_ns(pid);
  const executive::ReserveReport now = report();
  const auto* one = std::find_if(std::begin(now.of), std::end(now.of), [pid](const auto& entry) {
    return entry.pid == static_cast<std::uint64_t>(pid);
  });
  if (one == std::end(now.of)) return own_ns;
  return own_ns + executive::reserved_time_ns(one->time, clock_cpu_ns(session_.executive_pid()));
}

std::map<std::string, std::int64_t> HijackManager::counters() {
  const auto number = [](std::uint64_t count) { return static_cast<std::int64_t>(count); };
  if (last_.held == 0 || last_.resumed == 0)
    throw std::runtime_error("no task ever spent its time: the executive did not manage them");
  return {{"turns", number(last_.turns)},
          {"lowered", number(last_.held)},
          {"raised", number(last_.resumed)},
          {"upcalls", number(statistics_.upcalls)},
          {"guest_switches", number(statistics_.switches)}};
}

}  // namespace osext
