// SPDX-License-Identifier: GPL-2.0
#include "workloads/signal_interval.h"

#include <signal.h>
#include <sys/time.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "workloads/background.h"
#include "workloads/clock.h"

namespace osext {
namespace {

constexpr std::int64_t kPeriodNs = std::chrono::nanoseconds(kSignalPeriod).count();

// What the handler knows; static, because a handler gets no context.
struct Arrivals {
  std::int64_t* times_ns;
  std::size_t capacity;
  volatile std::size_t count;
  std::int64_t end_ns;  // what comes later ends the measurement
  volatile bool over;
};
Arrivals arrivals;

void note_arrival(int) {
  const std::int64_t now = now_ns();
  if (arrivals.count < arrivals.capacity) {
    arrivals.times_ns[arrivals.count] = now;
    arrivals.count = arrivals.count + 1;
  }
  if (now >= arrivals.end_ns || arrivals.count == arrivals.capacity) arrivals.over = true;
}

// SIGALRM every 10 ms, while this object lives.
class PeriodicSignal {
 public:
  PeriodicSignal() {
    struct sigaction action {};
    action.sa_handler = note_arrival;
    if (sigaction(SIGALRM, &action, &old_action_) != 0)
      throw std::system_error(errno, std::generic_category(), "sigaction");
    const timeval period{0, kPeriodNs / 1000};
    const itimerval timer{period, period};
    if (setitimer(ITIMER_REAL, &timer, nullptr) != 0)
      throw std::system_error(errno, std::generic_category(), "setitimer");
  }
  PeriodicSignal(const PeriodicSignal&) = delete;
  PeriodicSignal& operator=(const PeriodicSignal&) = delete;
  ~PeriodicSignal() {
    // The last signal may be pending still: it must not find the default action.
    const itimerval none{};
    setitimer(ITIMER_REAL, &none, nullptr);
    signal(SIGALRM, SIG_IGN);
    sigaction(SIGALRM, &old_action_, nullptr);
  }

 private:
  struct sigaction old_action_;
};

void receive_asleep() {
  sigset_t alarm, others;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  sigprocmask(SIG_BLOCK, &alarm, &others);
  {
    const PeriodicSignal timer;
    while (!arrivals.over) sigsuspend(&others);
  }
  sigprocmask(SIG_SETMASK, &others, nullptr);
}

void receive_spinning() {
  const PeriodicSignal timer;
  while (!arrivals.over) {
  }
}

}  // namespace

void signal_interval(Sampler& sampler, const SignalInterval& wanted) {
  const std::int64_t window_ns = std::chrono::nanoseconds(wanted.window).count();
  std::vector<std::int64_t> times_ns(static_cast<std::size_t>(window_ns / kPeriodNs) + 2);
  const Scheduling scheduling(wanted.policy);
  const Background background(wanted.background);
  background.until_each_has_run();
  arrivals = {times_ns.data(), times_ns.size(), 0, now_ns() + window_ns, false};
  if (wanted.receiver == Receiver::sleeping)
    receive_asleep();
  else
    receive_spinning();

  times_ns.resize(arrivals.count);
  report_arrivals(sampler, times_ns);
}

void report_arrivals(Sampler& sampler, const std::vector<std::int64_t>& times_ns) {
  if (times_ns.size() < 2) throw std::runtime_error("fewer than two signals came");
  std::vector<std::int64_t> intervals_ns;
  for (std::size_t i = 1; i < times_ns.size(); ++i)
    intervals_ns.push_back(times_ns[i] - times_ns[i - 1]);
  const std::int64_t elapsed_ns = times_ns.back() - times_ns.front();
  const std::int64_t expirations = (elapsed_ns + kPeriodNs / 2) / kPeriodNs;
  const std::int64_t coalesced = expirations - static_cast<std::int64_t>(intervals_ns.size());
  sampler.report("interarrival_ns", intervals_ns);
  sampler.report("coalesced", std::vector{coalesced});
}

}  // namespace osext
