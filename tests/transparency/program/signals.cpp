// SPDX-License-Identifier: GPL-2.0
// Signals: handlers with their facts, masks, alternate stacks, jumps out of handlers, faults,
// timers, restarted and interrupted calls, waiting for them.
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "tests/transparency/program/part.h"

namespace osext::test {
namespace {

volatile sig_atomic_t handled, last_value, last_code;
void* volatile last_address;
sigjmp_buf back;

void note(int, siginfo_t* info, void*) {
  handled = handled + 1;
  last_value = info->si_value.sival_int;
  last_code = info->si_code;
  last_address = info->si_addr;
}
void jump(int signal, siginfo_t* info, void* context) {
  note(signal, info, context);
  siglongjmp(back, signal);
}

void handle(int signal, void (*handler)(int, siginfo_t*, void*), int flags) {
  struct sigaction action {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | flags;
  need(sigaction(signal, &action, nullptr) == 0, "sigaction");
}

sigset_t set_of(int signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  return set;
}

const Part jumps("setjmp", [](const auto&) {
  jmp_buf here;
  volatile int rounds = 0;
  while (rounds < 1000) {
    rounds = rounds + 1;
    if (setjmp(here) == 0) longjmp(here, 1);
  }
  std::printf("%d jumps\n", rounds);
  handle(SIGUSR1, jump, 0);
  while (handled < 500)
    if (sigsetjmp(back, 1) == 0) raise(SIGUSR1);
  std::printf("%d out of a handler\n", static_cast<int>(handled));
  return 0;
});

const Part basic("signals", [](const auto&) {
  handle(SIGUSR1, note, 0);
  sigval value;
  value.sival_int = 4711;
  need(sigqueue(getpid(), SIGUSR1, value) == 0, "sigqueue");
  std::printf("queued: value %d, code %d\n", static_cast<int>(last_value),
              static_cast<int>(last_code));
  kill(getpid(), SIGUSR1);
  std::printf("killed: code %d, %d handled\n", static_cast<int>(last_code),
              static_cast<int>(handled));
  const sigset_t usr1 = set_of(SIGUSR1), usr2 = set_of(SIGUSR2);
  sigset_t old, pending;
  sigprocmask(SIG_BLOCK, &usr1, &old);
  raise(SIGUSR1);
  raise(SIGUSR1);
  sigpending(&pending);
  std::printf("pending: %d, handled: %d\n", sigismember(&pending, SIGUSR1),
              static_cast<int>(handled));
  sigsuspend(&old);
  std::printf("suspended: %s, handled: %d\n", std::strerror(errno), static_cast<int>(handled));
  sigprocmask(SIG_SETMASK, &old, nullptr);
  sigprocmask(SIG_BLOCK, &usr2, nullptr);
  need(sigqueue(getpid(), SIGUSR2, value) == 0, "sigqueue");
  siginfo_t info;
  int which = sigwaitinfo(&usr2, &info);
  std::printf("waited for: %d, value %d\n", which, info.si_value.sival_int);
  const timespec soon{0, 1000000};
  which = sigtimedwait(&usr2, &info, &soon);
  std::printf("none in time: %d, %s\n", which, std::strerror(errno));
  const int fd = signalfd(-1, &usr2, SFD_CLOEXEC);
  kill(getpid(), SIGUSR2);
  signalfd_siginfo facts{};
  need(read(fd, &facts, sizeof facts) == sizeof facts, "signalfd");
  std::printf("by descriptor: %u from oneself: %d\n", facts.ssi_signo,
              facts.ssi_pid == static_cast<std::uint32_t>(getpid()));
  handle(SIGRTMIN, note, 0);
  const sigset_t real_time = set_of(SIGRTMIN);
  sigprocmask(SIG_BLOCK, &real_time, &old);
  handled = 0;
  for (int i = 0; i < 10; ++i) sigqueue(getpid(), SIGRTMIN, value);
  sigprocmask(SIG_SETMASK, &old, nullptr);
  std::printf("real-time signals are queued: %d\n", static_cast<int>(handled));
  signal(SIGUSR1, SIG_IGN);
  raise(SIGUSR1);
  return 3;
});

const Part alarms("alarm", [](const auto&) {
  handle(SIGALRM, note, 0);
  const sigset_t blocked = set_of(SIGALRM);
  sigset_t old;
  sigprocmask(SIG_BLOCK, &blocked, &old);
  alarm(1);
  const int suspended = sigsuspend(&old);
  std::printf("alarm: %d, %s\n", suspended, std::strerror(errno));
  sigprocmask(SIG_SETMASK, &old, nullptr);
  itimerval interval{{0, 5000}, {0, 5000}};
  setitimer(ITIMER_REAL, &interval, nullptr);
  while (handled < 30) pause();
  timespec left{}, second{1, 0};
  const int slept = nanosleep(&second, &left);
  std::printf("interrupted sleep: %d, %s, time left: %d\n", slept, std::strerror(errno),
              left.tv_nsec > 0);
  int pipes[2];
  need(pipe(pipes) == 0, "pipe");
  char byte;
  const ssize_t got = read(pipes[0], &byte, 1);
  std::printf("interrupted read: %zd, %s\n", got, std::strerror(errno));
  pollfd waiting{pipes[0], POLLIN, 0};
  const int ready = poll(&waiting, 1, 5000);
  std::printf("interrupted poll: %d, %s\n", ready, std::strerror(errno));
  handle(SIGALRM, note, SA_RESTART);
  if (fork() == 0) {
    usleep(100000);
    _exit(write(pipes[1], "z", 1) == 1 ? 0 : 1);
  }
  const int before = handled;
  const ssize_t restarted = read(pipes[0], &byte, 1);
  std::printf("restarted read: %zd %c, with signals in between: %d\n", restarted, byte,
              handled > before);
  interval = {};
  setitimer(ITIMER_REAL, &interval, nullptr);
  int status = -1;
  need(wait(&status) > 0, "wait");
  std::printf("child: %d\n", status);
  return 0;
});

// A handler on its own stack, entered because the ordinary one has run out.
char alternate[1 << 16];
volatile bool on_alternate;
void on_overflow(int, siginfo_t*, void*) {
  char here = 0;
  const bool inside = &here >= alternate && &here < alternate + sizeof alternate;
  on_alternate = inside;
  siglongjmp(back, 1);
}

volatile std::uint64_t sink;
volatile int* volatile nowhere = nullptr;
void recurse(std::uint64_t depth) {
  volatile char frame[4096];
  frame[depth % sizeof frame] = 1;
  if (depth == ~0ULL) return;
  recurse(depth + 1);
  sink = sink + frame[0];
}

const Part alternate_stack("sigaltstack", [](const auto&) {
  stack_t stack{};
  stack.ss_sp = alternate;
  stack.ss_size = sizeof alternate;
  need(sigaltstack(&stack, nullptr) == 0, "sigaltstack");
  handle(SIGSEGV, on_overflow, SA_ONSTACK);
  for (int i = 0; i < 3; ++i) {
    on_alternate = false;
    if (sigsetjmp(back, 1) == 0) recurse(0);
    std::printf("the stack overflowed; handled on the alternate one: %d\n", on_alternate);
  }
  stack_t now{};
  sigaltstack(nullptr, &now);
  std::printf("flags %d, the same stack: %d\n", now.ss_flags, now.ss_sp == alternate);
  return 0;
});

const Part faults("faults", [](const auto&) {
  for (const int signal : {SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGBUS}) handle(signal, jump, 0);
  auto* page =
      static_cast<char*>(mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  const auto attempt = [&](const char* what, auto&& body) {
    const int signal = sigsetjmp(back, 1);
    if (signal == 0) body();
    std::printf("%s: signal %d, code %d, at the page: %d\n", what, signal,
                static_cast<int>(last_code), last_address == page + 123);
  };
  for (int i = 0; i < 2; ++i) {
    attempt("write to a page for reading", [&] { *static_cast<volatile char*>(page + 123) = 1; });
    attempt("null pointer", [] { *nowhere = 1; });
    attempt("division", [] {
      volatile int zero = 0;
      sink = static_cast<std::uint64_t>(7 / zero);
    });
    attempt("undefined instruction", [] { asm volatile("ud2"); });
    attempt("breakpoint", [] { asm volatile("int3"); });
    attempt("privileged instruction", [] { asm volatile("hlt"); });
    attempt("no such address", [] { *reinterpret_cast<volatile int*>(1ULL << 62) = 1; });
  }
  std::FILE* file = std::tmpfile();
  auto* beyond =
      static_cast<volatile char*>(mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fileno(file), 0));
  attempt("beyond the end of a file", [&] { sink = static_cast<std::uint64_t>(beyond[0]); });
  return 0;
});

const Part dies("dies", [](const auto& arguments) {
  const int signal = arguments.empty() ? SIGABRT : std::atoi(arguments[0].c_str());
  std::printf("dying of %d\n", signal);
  std::fflush(stdout);
  raise(signal);
  return 1;
});

}  // namespace
}  // namespace osext::test
