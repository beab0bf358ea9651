// SPDX-License-Identifier: GPL-2.0
// Attacks on everybody's time: fork bombs, guests that never yield, exits with calls in flight,
// storms of signals while registers are checked.
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <random>

#include "tests/hijack/guest/registers.h"
#include "tests/hijack_attacks/attack.h"

extern "C" {
void call_checked(const osext::test::Registers* in);
extern osext::test::Registers checked_out;
}

namespace osext::test {
namespace {

struct Shared {
  volatile int alive, started;
};

Shared* shared_page() {
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  need(page != MAP_FAILED, "mmap");
  return static_cast<Shared*>(page);
}

// Forks from every process until so many were started; then all end.
constexpr int kBomb = 150;
void bomb(Shared* shared) {
  while (__sync_fetch_and_add(&shared->started, 1) < kBomb) {
    const pid_t child = fork();
    if (child < 0 && errno != EAGAIN && errno != ENOMEM) _exit(succeeded);
  }
}

const Attack fork_bomb("fork_bomb", [](const auto&) {
  Shared* shared = shared_page();
  const pid_t first = fork();
  if (first == 0) {
    bomb(shared);
    while (wait(nullptr) > 0) {
    }
    _exit(0);
  }
  int status = 0;
  need(waitpid(first, &status, 0) == first, "waitpid");
  return status == 0 ? harmless : found("status %x", status);
});

// Makes no system call, ever.
[[noreturn]] void spin() {
  for (;;) asm volatile("");
}

const Attack never_yields("never_yields", [](const auto&) {
  pid_t spinners[3];
  for (pid_t& one : spinners) {
    one = fork();
    if (one == 0) spin();
  }
  // This goes on only if somebody takes the processor away from them.
  for (int round = 0; round < 10; ++round) {
    usleep(10000);
    raw_call(SYS_getppid);
  }
  for (const pid_t one : spinners) kill(one, SIGKILL);
  for (const pid_t one : spinners) {
    int status = 0;
    need(waitpid(one, &status, 0) == one, "waitpid");
    if (WTERMSIG(status) != SIGKILL) return found("status %x", status);
  }
  return static_cast<int>(harmless);
});

// The process ends, or is killed, while its children block in every kind of call.
void block(int how, int pipe_end, int* futex_word) {
  char byte;
  switch (how % 5) {
    case 0:
      (void)!read(pipe_end, &byte, 1);
      break;
    case 1:
      sleep(1000);
      break;
    case 2:
      syscall(SYS_futex, futex_word, FUTEX_WAIT, *futex_word, nullptr, nullptr, 0);
      break;
    case 3:
      pause();
      break;
    default:
      if (fork() == 0) sleep(1000);
      wait(nullptr);
  }
}

const Attack in_flight("exit_in_flight", [](const auto&) {
  for (int round = 0; round < 10; ++round) {
    const pid_t group = fork();
    if (group == 0) {
      setpgid(0, 0);
      int pipes[2], word = 0;
      need(pipe(pipes) == 0, "pipe");
      for (int how = 0; how < 10; ++how)
        if (fork() == 0) {
          block(how, pipes[0], &word);
          _exit(1);
        }
      usleep(static_cast<useconds_t>(round) * 3000);
      if (round % 2) kill(0, SIGKILL);
      _exit(0);
    }
    setpgid(group, group);
    int status = 0;
    need(waitpid(group, &status, 0) == group, "waitpid");
    kill(-group, SIGKILL);
  }
  // The orphans' new parent reaps them; those that are ours, we do.
  while (waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  return static_cast<int>(harmless);
});

const Attack killed("killed_at_random", [](const auto&) {
  std::mt19937 dice(4);
  for (int round = 0; round < 60; ++round) {
    const pid_t child = fork();
    if (child == 0)
      for (;;) {
        raw_call(SYS_getppid);
        if (fork() == 0) _exit(0);
        waitpid(-1, nullptr, 0);
      }
    usleep(static_cast<useconds_t>(dice() % 8000));
    kill(child, SIGKILL);
    int status = 0;
    need(waitpid(child, &status, 0) == child, "waitpid");
    if (!WIFSIGNALED(status)) return found("status %x", status);
  }
  return static_cast<int>(harmless);
});

constexpr int kSignals = 300, kSignalsMax = 1000;
volatile sig_atomic_t signals;
void on_signal(int) {
  // Registers that the interrupted code has to get back.
  asm volatile(
      "pcmpeqd %%xmm0, %%xmm0\n\tpcmpeqd %%xmm7, %%xmm7\n\tpcmpeqd %%xmm15, %%xmm15\n\t"
      "movq $-1, %%r8\n\tmovq $-1, %%r9\n\tmovq $-1, %%r10\n\tcld" ::
          : "xmm0", "xmm7", "xmm15", "r8", "r9", "r10");
  signals = signals + 1;
  // Where handling one takes longer than the next needs to come, nothing else would ever happen.
  if (signals == kSignalsMax) {
    const itimerval never{};
    setitimer(ITIMER_REAL, &never, nullptr);
    setitimer(ITIMER_VIRTUAL, &never, nullptr);
  }
}

// Every register but rax, rcx and r11 comes back as it went.
bool call_keeps_registers(std::mt19937_64& dice, std::uint64_t number, std::uint64_t argument) {
  // CF PF AF ZF SF DF OF NT AC ID; bit 1 and IF are always set.
  constexpr std::uint64_t kFlags = 0x244cd5, kFixedFlags = 0x202;
  Registers in{};
  auto* words = reinterpret_cast<std::uint64_t*>(&in);
  for (std::size_t i = 0; i < sizeof in / 8; ++i) words[i] = dice();
  in.rax = number;
  in.rdi = argument;
  in.flags = (in.flags & kFlags) | kFixedFlags;
  in.rsp_moved = in.unused = 0;
  call_checked(&in);
  Registers out = checked_out;
  out.rax = in.rax;
  out.unused = 0;
  return std::memcmp(&in, &out, sizeof in) == 0;
}

const Attack storm("signal_storm", [](const auto&) {
  constexpr int kCalls = 5000;
  std::mt19937_64 dice(5);
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (const int signal : {SIGALRM, SIGVTALRM, SIGPROF, SIGUSR1}) {
    sigaction(signal, &action, nullptr);
  }
  const itimerval often{{0, 1000}, {0, 1000}};
  setitimer(ITIMER_REAL, &often, nullptr);
  setitimer(ITIMER_VIRTUAL, &often, nullptr);
  const pid_t target = getpid(), sender = fork();
  if (sender == 0) {
    for (int i = 0; i < kSignals; ++i) {
      kill(target, SIGUSR1);
      usleep(300);
    }
    _exit(0);
  }
  const std::uint64_t parent = static_cast<std::uint64_t>(getppid());
  int result = harmless;
  for (int i = 0; (i < kCalls || signals < kSignals) && result == harmless; ++i) {
    const std::uint64_t number = i % 4 == 0 ? SYS_gettimeofday : i % 4 == 1 ? 0x4f7f : SYS_getppid;
    if (!call_keeps_registers(dice, number, 0)) result = found("registers changed in call %d", i);
    if (number == SYS_getppid && checked_out.rax != parent)
      result = found("getppid gives %ld in call %d", static_cast<long>(checked_out.rax), i);
  }
  const itimerval never{};
  setitimer(ITIMER_REAL, &never, nullptr);
  setitimer(ITIMER_VIRTUAL, &never, nullptr);
  kill(sender, SIGKILL);
  while (waitpid(sender, nullptr, 0) < 0 && errno == EINTR) {
  }
  return result;
});

}  // namespace
}  // namespace osext::test
