// SPDX-License-Identifier: GPL-2.0
// Upcalls happen, tell what they should, in the order they should, and leave the interrupted
// program unharmed.
#include <signal.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "tests/uls/guest/check.h"

namespace osext::test {
namespace {

// Joined hosts are children: the process that runs the checks outlives them.
void in_child(const std::function<void()>& body) {
  const int status = status_of_child([&] {
    body();
    return 0;
  });
  require(status == 0, "the host {}", describe_status(status));
}

const RegisterCheck load_unload("load_unload", [] {
  require(access(OSEXT_ULS_DEVICE, F_OK) != 0, "the device is there before");
  { Loaded module; }
  { Loaded module("mode=us"); }
  require(access(OSEXT_ULS_DEVICE, F_OK) != 0, "the device stays");
  bool refused = false;
  try {
    Loaded module("mode=neither");
  } catch (const std::exception&) {
    refused = true;
  }
  require(refused, "mode=neither is taken");
});

const RegisterCheck raise("raise", [] {
  Loaded module;
  in_child([] {
    UlsSandbox sandbox;
    Extension extension(sandbox, extension_count);
    extension.bind_software(5);
    require(extension.raise(1, 4) == -ENOENT, "an event that is not bound can be raised");
    require(extension.raise(1, 5) == 0, "raising fails");
    require(extension.count() == 0, "an upcall without a host");
    sandbox.join();
    require(extension.count() == 1, "joining does not deliver what waits");
    for (std::uint64_t i = 1; i < 50; ++i) {
      require(extension.raise(1000 + i, 5) == 0, "raising fails");
      require(extension.count() == i + 1, "{} upcalls after {} events", extension.count(), i + 1);
      const Told told = extension.told(i);
      require(told.kind == OSEXT_ULS_SOFTWARE && told.number == 5 && told.value == 1000 + i &&
                  told.overrun == 0 && told.pid == static_cast<std::uint32_t>(getpid()),
              "wrong record: {} {} {} {} {}", told.kind, told.number, told.value, told.overrun,
              told.pid);
    }
    const osext_uls_statistics statistics = extension.statistics();
    require(statistics.upcalls == 50 && statistics.returns == 50 && statistics.events == 50,
            "statistics: {} events, {} upcalls, {} returns", statistics.events, statistics.upcalls,
            statistics.returns);
  });
});

const RegisterCheck queue("queue", [] {
  Loaded module;
  in_child([] {
    UlsSandbox sandbox;
    Extension extension(sandbox, extension_count);
    extension.bind_software(1, 3, 0);
    extension.bind_software(2, 2, 5);
    extension.bind_software(3, 1, -5);
    const int expected[] = {0, 0, 0, -EAGAIN, -EAGAIN};
    for (int i = 0; i < 5; ++i)
      require(extension.raise(10 + i, 1) == expected[i], "event {} of a queue of 3", i);
    extension.raise(30, 3);
    extension.raise(20, 2);
    extension.raise(21, 2);
    sandbox.join();
    require(extension.count() == 6, "{} of 6 upcalls", extension.count());
    const std::uint64_t values[] = {20, 21, 10, 11, 12, 30};
    for (std::uint32_t i = 0; i < 6; ++i) {
      const Told told = extension.told(i);
      require(told.value == values[i] && told.drained == i, "upcall {} is told {}, drained {}", i,
              told.value, told.drained);
      require(told.overrun == (i == 2 ? 2U : 0U), "upcall {} is told of {} lost ones", i,
              told.overrun);
    }
    require(extension.statistics().drained == 5, "{} drained", extension.statistics().drained);
  });
});

constexpr std::uint64_t kPeriod = 50'000;

// Runs `body` until `upcalls` have happened.
void under_timer(std::uint64_t upcalls, const std::function<void()>& body) {
  UlsSandbox sandbox;
  Extension extension(sandbox, extension_count);
  sandbox.join();
  extension.bind_timer(kPeriod);
  while (extension.count() < upcalls) {
    require(!extension.statistics().condemned, "the extension is condemned");
    body();
  }
  const osext_uls_statistics statistics = extension.statistics();
  // With several CPUs the timer may expire on another one than the host's.
  require(statistics.direct > 0 || sysconf(_SC_NPROCESSORS_ONLN) > 1,
          "no interrupt became an upcall itself");
  for (const std::uint64_t aborts : statistics.aborts) require(aborts == 0, "{} aborts", aborts);
}

void hold(std::uint64_t rounds) {
  const int changed = hold_registers(rounds);
  require(changed == 0, "register {} is not as before", changed);
}

const RegisterCheck registers("registers", [] {
  Loaded module;
  in_child([] { under_timer(rounds(2000), [] { hold(2000); }); });
});

// The checker itself must see a change: a signal handler that makes one.
void spoil(int, siginfo_t*, void* context) {
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  const auto ip = reinterpret_cast<const char*>(registers[REG_RIP]);
  if (ip >= hold_registers_held && ip < hold_registers_end) ++registers[REG_R12];
}
const RegisterCheck registers_control("registers_control", [] {
  struct sigaction action = {};
  action.sa_sigaction = spoil;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGALRM, &action, nullptr);
  const itimerval soon = {{0, 2000}, {0, 2000}};
  setitimer(ITIMER_REAL, &soon, nullptr);
  int changed = 0;
  for (int tries = 0; tries < 1000 && !changed; ++tries) changed = hold_registers(10000);
  const itimerval never = {};
  setitimer(ITIMER_REAL, &never, nullptr);
  require(changed == 12, "a change of r12 is seen as {}", changed);
});

volatile sig_atomic_t alarms, wrong_stacks, wrong_masks;
void on_alarm(int) {
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  wrong_stacks = wrong_stacks + (here - OSEXT_ULS_CODE < OSEXT_SANDBOX_SIZE);
  sigset_t mask;
  sigprocmask(SIG_BLOCK, nullptr, &mask);
  wrong_masks = wrong_masks + (sigismember(&mask, SIGUSR2) != 1 || sigismember(&mask, SIGHUP) == 1);
  alarms = alarms + 1;
}

// Signals, system calls, processes and page faults in between.
const RegisterCheck mixed("mixed", [] {
  Loaded module;
  in_child([] {
    struct sigaction action = {};
    action.sa_handler = on_alarm;
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, nullptr);
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigprocmask(SIG_SETMASK, &blocked, nullptr);
    const itimerval often = {{0, 170}, {0, 170}};
    setitimer(ITIMER_REAL, &often, nullptr);
    const pid_t self = getpid();
    under_timer(rounds(3000), [&] {
      hold(300);
      require(getpid() == self && getppid() != self, "getpid answers wrongly");
      int pipes[2];
      char byte = 'x';
      require(pipe(pipes) == 0 && write(pipes[1], &byte, 1) == 1 && read(pipes[0], &byte, 1) == 1,
              "a pipe fails");
      close(pipes[0]);
      close(pipes[1]);
      usleep(30);
      if (dice() % 16 == 0)
        require(status_of_child([] { return 7; }) == 7 << 8, "a child goes wrong");
    });
    require(alarms > 50, "only {} signals", alarms);
    require(wrong_stacks == 0 && wrong_masks == 0, "{} signals on a wrong stack, {} masks wrong",
            wrong_stacks, wrong_masks);
    sigset_t now;
    sigprocmask(SIG_SETMASK, nullptr, &now);
    require(sigismember(&now, SIGUSR2) == 1 && sigismember(&now, SIGALRM) == 0, "the mask changed");
  });
});

// A sequence that an upcall interrupts is aborted, as one that a signal interrupts; the others come
// through.
extern "C" int run_sequence(struct rseq* area, std::uint64_t rounds);

int sequences(int tries) {
  auto* area = reinterpret_cast<struct rseq*>(static_cast<char*>(__builtin_thread_pointer()) +
                                              __rseq_offset);
  constexpr std::uint64_t kRounds = 400'000;
  int through = 0;
  for (int i = 0; i < tries; ++i) through += run_sequence(area, kRounds);
  return through;
}

const RegisterCheck restartable("restartable_sequences", [] {
  Loaded module;
  in_child([] {
    require(__rseq_size != 0, "the C library has registered no sequences");
    require(sequences(100) > 0, "no sequence comes through without upcalls");
    UlsSandbox sandbox;
    Extension extension(sandbox, extension_count);
    sandbox.join();
    extension.bind_timer(20'000);
    const int through = sequences(100);
    const std::uint64_t upcalls = extension.count();
    // Being preempted aborts one as well.
    require(upcalls >= 90, "only {} upcalls", upcalls);
    require(through == 0, "{} of 100 interrupted sequences came through", through);
    const osext_uls_statistics statistics = extension.statistics();
    require(statistics.returns + 1 >= statistics.upcalls, "upcalls do not return");
  });
});

// The event is another process's, the host only sleeps, on whatever CPU.
const RegisterCheck asleep("asleep", [] {
  Loaded module;
  UlsSandbox sandbox;
  Extension extension(sandbox, extension_count);
  extension.bind_software(0, 8);
  const pid_t host = start_child([&] {
    sandbox.join();
    for (;;) usleep(500);
    return 0;
  });
  wait_until("the host", [&] { return sandbox.statistics().hosts == 1; });
  for (std::uint64_t i = 1; i <= 200; ++i) {
    require(extension.raise(i) == 0, "raising fails");
    wait_until("the upcall", [&] { return extension.count() == i; });
  }
  require(extension.told(0).pid == static_cast<std::uint32_t>(host), "another host");
  kill(host, SIGKILL);
  int status;
  waitpid(host, &status, 0);
  wait_until("the host's end", [&] { return sandbox.statistics().hosts == 0; });
});

}  // namespace
}  // namespace osext::test
