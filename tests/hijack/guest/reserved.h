// SPDX-License-Identifier: GPL-2.0
// For checks of the policy `reserve`: an executive, its guests and a process beside them, and what
// each of them had of one processor.
#pragma once

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "executive/cpu_reservations.h"
#include "executive/scheduling_attributes.h"
#include "tests/hijack/guest/several.h"
#include "workloads/burn.h"

namespace osext::test {

using executive::ReserveReport;
using executive::SchedulingAttributes;

inline constexpr std::int64_t kMs_ns = 1'000'000, kSecond_ns = 1'000'000'000;

inline std::int64_t clock_ns(clockid_t clock) {
  timespec time;
  require(clock_gettime(clock, &time) == 0, "a clock cannot be read");
  return time.tv_sec * kSecond_ns + time.tv_nsec;
}

inline std::int64_t cpu_ns(pid_t pid) {
  clockid_t clock;
  require(clock_getcpuclockid(pid, &clock) == 0, "process {} has no clock", pid);
  return clock_ns(clock);
}

inline void sleep_ms(long ms) {
  const timespec time{ms / 1000, ms % 1000 * kMs_ns};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
}

inline int attributes(std::uint64_t runtime_ns, std::uint64_t period_ns,
                      std::uint32_t policy = executive::kSchedDeadline) {
  SchedulingAttributes wanted{};
  wanted.size = sizeof wanted;
  wanted.policy = policy;
  wanted.runtime_ns = runtime_ns;
  wanted.period_ns = period_ns;
  return syscall(SYS_sched_setattr, 0, &wanted, 0) == 0 ? 0 : errno;
}

inline int ask(std::uint64_t target_ms, std::uint64_t period_ms) {
  return attributes(target_ms * kMs_ns, period_ms * kMs_ns);
}

[[noreturn]] inline void spin() {
  for (;;) burn();
}

// Above everything, while it lives: who looks is not kept from looking.
struct Above {
  Above() { set(SCHED_FIFO, 99); }
  ~Above() { set(SCHED_OTHER, 0); }
  static void set(int policy, int priority) {
    const sched_param parameter{priority};
    sched_setscheduler(0, policy, &parameter);
  }
};

// An executive above ordinary processes, and one of these that wants the whole processor.
class Scene {
 public:
  explicit Scene(const std::string& words) {
    HijackOptions options{words};
    options.priority = 90;
    session_.start(place.executive, options);
    beside_ = fork();
    require(beside_ >= 0, "fork failed");
    if (beside_ == 0) {
      Above::set(SCHED_OTHER, 0);
      spin();
    }
  }
  ~Scene() {
    // The executive first, so that everybody has the processor for dying.
    session_.stop();
    guests_.push_back(beside_);
    for (const pid_t process : guests_) {
      kill(process, SIGKILL);
      waitpid(process, nullptr, 0);
    }
  }

  pid_t guest(const std::function<int()>& body) {
    guests_.push_back(start_guest(session_, [&] {
      Above::set(SCHED_OTHER, 0);
      return body();
    }));
    return guests_.back();
  }
  int result(pid_t guest) {
    std::erase(guests_, guest);
    return wait_for(guest);
  }

  // What the family of a guest had so far.
  std::int64_t had_ns(pid_t guest) {
    for (const auto& one : report().of)
      if (one.pid == static_cast<std::uint64_t>(guest))
        return executive::reserved_time_ns(one.time, cpu_ns(session_.executive_pid()));
    return 0;
  }
  void await_reservation(pid_t guest) {
    await([&] { return had_ns(guest) > 0; }, "a guest does not begin");
  }
  std::int64_t beside_ns() const { return cpu_ns(beside_); }
  ReserveReport report() {
    const auto words = session_.report(executive::kReserveReportWords);
    require(words.size() == executive::kReserveReportWords, "no report");
    ReserveReport report;
    std::memcpy(&report, words.data(), sizeof report);
    return report;
  }

 private:
  Loaded module_;
  HijackSession session_;
  pid_t beside_ = -1;
  std::vector<pid_t> guests_;
};

}  // namespace osext::test
