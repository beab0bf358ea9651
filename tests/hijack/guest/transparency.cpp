// SPDX-License-Identifier: GPL-2.0
// To the program, being a guest makes no difference: what it opens, maps, sets and handles inside
// is still there outside, and signals, forks and exits work.
#include <fcntl.h>
#include <fenv.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "tests/hijack/guest/check.h"

namespace osext::test {
namespace {

thread_local int per_thread = 7;

const RegisterCheck state("state", [] {
  Loaded module;
  HijackSession session;
  session.start(place.executive);
  double sum = 0.5;
  fesetround(FE_UPWARD);
  for (int round = 0; round < 50; ++round) {
    const pid_t outside = getpid();
    session.join();
    require(getpid() == outside && getppid() == outside,
            "inside, the guest is {} and the executive's parent {}", getpid(), getppid());
    per_thread += 1;
    sum += 0.25;
    std::vector<char> heap(1 << 20, 'x');
    const int file = open("/proc/self/status", O_RDONLY);
    require(file >= 0 && fegetround() == FE_UPWARD, "file {} or rounding {}", file, fegetround());
    session.leave();
    require(getpid() == outside && getppid() != outside, "the owner is not itself");
    char byte;
    require(read(file, &byte, 1) == 1, "a file opened inside is lost outside");
    close(file);
    require(heap[12345] == 'x' && fegetround() == FE_UPWARD, "heap or rounding is lost");
    require(per_thread == 8 + round && sum == 0.75 + 0.25 * round, "round {}: {} {}", round,
            per_thread, sum);
  }
  fesetround(FE_TONEAREST);
  session.stop();
});

// What the C library reads instead of asking the kernel which CPU it is on.
std::int32_t remembered_cpu() {
  const auto* area = static_cast<const char*>(__builtin_thread_pointer()) + __rseq_offset;
  return static_cast<std::int32_t>(reinterpret_cast<const struct rseq*>(area)->cpu_id);
}

const RegisterCheck restartable_sequences("restartable_sequences", [] {
  Loaded module;
  require(__rseq_size != 0 && remembered_cpu() >= 0, "the C library registered none");
  const int status = status_of_guest([] {
    require(remembered_cpu() == RSEQ_CPU_ID_UNINITIALIZED, "an area that nobody updates says {}",
            remembered_cpu());
    for (int i = 0; i < 1000; ++i)
      require(sched_getcpu() >= 0 && sched_getcpu() < get_nprocs_conf(), "no such CPU");
    return 5;
  });
  require(WIFEXITED(status) && WEXITSTATUS(status) == 5, "{}", describe_status(status));
  require(remembered_cpu() >= 0, "the parent lost its own");
});

volatile sig_atomic_t signals;
void on_signal(int) {
  signals = signals + 1;
}

void handle(int signal, int flags) {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = flags;
  sigaction(signal, &action, nullptr);
}

const RegisterCheck signal_inside("signals", [] {
  Loaded module;
  HijackSession session;
  session.start(place.executive);
  handle(SIGUSR1, 0);  // after start: join must carry it inside
  session.join();
  raise(SIGUSR1);
  require(signals == 1, "raise inside: {} signals", signals);
  handle(SIGALRM, 0);
  signals = 0;
  alarm(1);
  require(pause() == -1 && errno == EINTR && signals == 1, "pause: {} signals", signals);
  // With SA_RESTART a blocking call goes on after the handler.
  int pipes[2];
  require(pipe(pipes) == 0, "pipe failed");
  handle(SIGALRM, SA_RESTART);
  signals = 0;
  const pid_t child = fork();
  if (child == 0) {
    usleep(400000);
    (void)!write(pipes[1], "y", 1);
    _exit(5);
  }
  itimerval interval{{0, 50000}, {0, 50000}};
  setitimer(ITIMER_REAL, &interval, nullptr);
  char byte = 0;
  require(read(pipes[0], &byte, 1) == 1 && byte == 'y', "the restarted read fails");
  require(signals >= 2, "{} signals during the read", signals);
  interval = {};
  setitimer(ITIMER_REAL, &interval, nullptr);
  int status = 0;
  require(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 5, "a fork inside: {}",
          describe_status(status));
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR2);
  sigprocmask(SIG_BLOCK, &mask, nullptr);
  session.leave();
  struct sigaction now;
  sigaction(SIGALRM, nullptr, &now);
  sigprocmask(SIG_BLOCK, nullptr, &mask);
  require(now.sa_handler == on_signal && sigismember(&mask, SIGUSR2), "handlers or mask are lost");
  session.stop();
});

const RegisterCheck timer_storm("timer_storm", [] {
  Loaded module;
  HijackSession session;
  session.start(place.executive);
  handle(SIGALRM, SA_RESTART);
  signals = 0;
  session.join();
  itimerval interval{{0, 1000}, {0, 1000}};
  setitimer(ITIMER_REAL, &interval, nullptr);
  std::uint64_t calls = 0;
  while (signals < 300) {
    require(hijack_call(OSEXT_HIJACK_RPC, calls) == osext_hijack_rpc_result(calls), "wrong answer");
    require(hijack_call(OSEXT_HIJACK_RPC_MINIMAL, calls) == calls + 1, "wrong minimal answer");
    ++calls;
  }
  interval = {};
  setitimer(ITIMER_REAL, &interval, nullptr);
  session.leave();
  session.stop();
});

void require_status(const char* what, int status, int wanted) {
  constexpr int dumped_core = 0x80;
  require((status & ~dumped_core) == wanted, "{}: the process {}", what, describe_status(status));
}

const RegisterCheck ends("ends", [] {
  Loaded module;
  const int exited_7 = 7 << 8;
  require_status("exit", status_of_guest([] {
                   exit(7);
                   return 1;
                 }),
                 exited_7);
  require_status("_exit", status_of_guest([] {
                   _exit(7);
                   return 1;
                 }),
                 exited_7);
  require_status("return", status_of_guest([] { return 7; }), exited_7);
  require_status("exec", status_of_guest([] {
                   execl("/bin/busybox", "busybox", "sh", "-c", "exit 7", nullptr);
                   return 1;
                 }),
                 exited_7);
  require_status("abort", status_of_guest([] {
                   abort();
                   return 1;
                 }),
                 SIGABRT);
  require_status("null pointer", status_of_guest([] {
                   volatile std::uintptr_t nowhere = 8;
                   *reinterpret_cast<volatile int*>(nowhere) = 1;
                   return 1;
                 }),
                 SIGSEGV);
  require_status("own SIGTERM", status_of_guest([] {
                   kill(getpid(), SIGTERM);
                   for (;;) pause();
                   return 1;
                 }),
                 SIGTERM);
  require_status("system()", status_of_guest([] {
                   const int status = system("exit 7");
                   return WEXITSTATUS(status);
                 }),
                 exited_7);
  require_working_session();
});

const RegisterCheck threads("threads_refused", [] {
  Loaded module;
  const int status = status_of_child([] {
    HijackSession session;
    session.start(place.executive);
    std::thread other([] { sleep(2); });
    bool refused = false;
    try {
      session.join();
      session.leave();
    } catch (const std::runtime_error&) {
      refused = true;
    }
    other.join();
    session.join();
    bool started = true;
    try {
      std::thread inside([] {});
      inside.join();
    } catch (const std::system_error&) {
      started = false;
    }
    session.leave();
    session.stop();
    return refused && !started ? 0 : 1;
  });
  require(status == 0, "a guest may have threads: the child {}", describe_status(status));
});

}  // namespace
}  // namespace osext::test
