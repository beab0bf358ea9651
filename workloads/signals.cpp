// SPDX-License-Identifier: GPL-2.0
#include "workloads/signals.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "workloads/child.h"
#include "workloads/system_call.h"

namespace osext {
namespace {

volatile std::uint64_t handled;

// The handler that carries the end mark.  Static, because a handler gets no context; the mark is
// its first instruction where the probe is a marker.
template <class Probe>
struct MarkingHandler {
  static inline Probe* probe;
  static void run(int) {
    probe->end();
    handled = handled + 1;
  }
};

void counting_handler(int) {
  handled = handled + 1;
}

class HandlerGuard {
 public:
  HandlerGuard(int signal, void (*handler)(int)) : signal_(signal) {
    struct sigaction action {};
    action.sa_handler = handler;
    if (sigaction(signal, &action, &old_) != 0)
      throw std::system_error(errno, std::generic_category(), "sigaction");
  }
  HandlerGuard(const HandlerGuard&) = delete;
  HandlerGuard& operator=(const HandlerGuard&) = delete;
  ~HandlerGuard() { sigaction(signal_, &old_, nullptr); }

 private:
  int signal_;
  struct sigaction old_;
};

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : signals) sigaddset(&set, signal);
  return set;
}

class BlockGuard {
 public:
  explicit BlockGuard(const sigset_t& set) { sigprocmask(SIG_BLOCK, &set, &old_); }
  BlockGuard(const BlockGuard&) = delete;
  BlockGuard& operator=(const BlockGuard&) = delete;
  ~BlockGuard() { sigprocmask(SIG_SETMASK, &old_, nullptr); }

 private:
  sigset_t old_;
};

// The other process: its handler runs inside sigsuspend(); then it tells the caller.
[[noreturn]] void answer_signals(pid_t caller) {
  sigset_t waiting;
  sigprocmask(SIG_SETMASK, nullptr, &waiting);
  sigdelset(&waiting, SIGUSR1);
  for (;;) {
    sigsuspend(&waiting);
    system_call(SYS_kill, caller, SIGUSR2);
  }
}

constexpr long kKernelSetBytes = 8;  // the kernel's own sigset_t

}  // namespace

void signal_self(Sampler& sampler, const Series& series, SignalLeg leg) {
  const pid_t self = getpid();
  sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
    using Handler = MarkingHandler<std::remove_reference_t<decltype(probe)>>;
    Handler::probe = &probe;
    handled = 0;
    if (leg == SignalLeg::one_way) {
      const HandlerGuard guard(SIGUSR1, Handler::run);
      for (std::uint64_t i = 0; i < pairs; ++i) {
        probe.begin();
        system_call(SYS_kill, self, SIGUSR1);
      }
    } else {
      const HandlerGuard guard(SIGUSR1, counting_handler);
      for (std::uint64_t i = 0; i < pairs; ++i) {
        probe.begin();
        system_call(SYS_kill, self, SIGUSR1);
        probe.end();
      }
    }
    if (handled != pairs) throw std::runtime_error("not every signal reached its handler");
  });
}

void signal_other(Sampler& sampler, const Series& series, SignalLeg leg) {
  const pid_t self = getpid();
  // SIGCHLD is waited for too, so that the other's death is an error and not a hang.
  const sigset_t answers = set_of({SIGUSR2, SIGCHLD});
  const BlockGuard block(set_of({SIGUSR1, SIGUSR2, SIGCHLD}));
  sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
    using Handler = MarkingHandler<std::remove_reference_t<decltype(probe)>>;
    Handler::probe = &probe;
    Child other([&] {
      const HandlerGuard guard(SIGUSR1,
                               leg == SignalLeg::one_way ? Handler::run : counting_handler);
      answer_signals(self);
    });
    const auto set = reinterpret_cast<long>(&answers);
    for (std::uint64_t i = 0; i < pairs; ++i) {
      other.until_blocked();
      probe.begin();
      system_call(SYS_kill, other.pid(), SIGUSR1);
      const long signal = system_call(SYS_rt_sigtimedwait, set, 0, 0, kKernelSetBytes);
      if (leg == SignalLeg::round_trip) probe.end();
      if (signal != SIGUSR2) throw std::runtime_error("the other process has ended early");
    }
  });
}

}  // namespace osext
