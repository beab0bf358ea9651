// SPDX-License-Identifier: GPL-2.0
// Sleeps in every way that matters, and prints what came of it: lines that are the same wherever it
// runs, natively or as a guest.
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <initializer_list>

namespace {

constexpr long kMs_ns = 1'000'000;
constexpr std::int64_t kSecond_ns = 1'000'000'000;

std::int64_t now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecond_ns + now.tv_nsec;
}

void say(const char* what, long result) {
  std::printf("%s: %s\n", what, result == 0 ? "0" : std::strerror(static_cast<int>(result)));
  std::fflush(stdout);
}

// 0 or the error, of the system calls themselves: libc would check some arguments first.
int sleep_raw(const void* request, void* remainder = nullptr) {
  return syscall(SYS_nanosleep, request, remainder) == 0 ? 0 : errno;
}
int clock_sleep_raw(int clock, int flags, const timespec* request) {
  return syscall(SYS_clock_nanosleep, clock, flags, request, nullptr) == 0 ? 0 : errno;
}

void wrong_requests() {
  const timespec too_many_ns{0, static_cast<long>(kSecond_ns)}, negative{-1, 0}, fine{0, 1};
  say("1000000000 ns", sleep_raw(&too_many_ns));
  say("-1 s", sleep_raw(&negative));
  say("null", sleep_raw(nullptr));
  // Where the executive lies; nothing is there for anybody else.
  say("executive", sleep_raw(reinterpret_cast<void*>(0x200000000000)));
  say("before the executive", sleep_raw(reinterpret_cast<void*>(0x200000000000 - 8)));
  say("kernel", sleep_raw(reinterpret_cast<void*>(0xffff888000000000)));
  // Half of it is readable.
  auto* page = static_cast<char*>(
      mmap(nullptr, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  munmap(page + 4096, 4096);
  say("over a page's end", sleep_raw(page + 4096 - 8));
  say("no such clock", clock_sleep_raw(99, 0, &fine));
  say("until the past", clock_sleep_raw(CLOCK_MONOTONIC, TIMER_ABSTIME, &fine));
}

void long_enough() {
  for (const long request_ns : {0L, 1L, 100L, 10'000L, 3 * kMs_ns, 25 * kMs_ns}) {
    const timespec request{0, request_ns};
    const std::int64_t begin_ns = now_ns();
    const int error = sleep_raw(&request);
    const std::int64_t slept_ns = now_ns() - begin_ns;
    std::printf("%ld ns: %d, %s, %s\n", request_ns, error,
                slept_ns >= request_ns ? "long enough" : "too short",
                slept_ns < request_ns + 10 * kMs_ns ? "not much longer" : "much longer");
  }
  const timespec request{0, kMs_ns};
  for (const int clock : {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME})
    say("clock_nanosleep", clock_sleep_raw(clock, 0, &request));
}

void on_alarm(int) {}

void interrupted() {
  for (const int flags : {0, SA_RESTART}) {
    struct sigaction action {};
    action.sa_handler = on_alarm;
    action.sa_flags = flags;
    sigaction(SIGALRM, &action, nullptr);
    const itimerval soon{{0, 0}, {0, 20'000}};
    setitimer(ITIMER_REAL, &soon, nullptr);
    const timespec request{10, 0};
    timespec left{};
    const int error = sleep_raw(&request, &left);
    const std::int64_t left_ns = left.tv_sec * kSecond_ns + left.tv_nsec;
    say("handler", error);
    std::printf("left: %s\n",
                left_ns > 9'900 * kMs_ns && left_ns < 10'000 * kMs_ns ? "right" : "wrong");
  }
}

// A signal that nobody handles does not wake.
void undisturbed() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  const timespec request{0, 30 * kMs_ns};
  const std::int64_t begin_ns = now_ns();
  say("a child ends", sleep_raw(&request));
  std::printf("then: %s\n", now_ns() - begin_ns >= request.tv_nsec ? "slept on" : "woken");
  waitpid(child, nullptr, 0);
}

// Many sleep at once, and one wants the CPU.
void in_turn() {
  int ends[2];
  if (pipe(ends) != 0) return;
  const pid_t busy = fork();
  if (busy == 0) {
    for (volatile std::uint64_t loops = 0;;) {
      loops = loops + 1;
    }
  }
  constexpr int kSleepers = 6;
  for (int i = 0; i < kSleepers; ++i) {
    if (fork() != 0) continue;
    const timespec request{0, (kSleepers - i) * 100 * kMs_ns};
    sleep_raw(&request);
    const char digit = static_cast<char>('0' + i);
    _exit(write(ends[1], &digit, 1) == 1 ? 0 : 1);
  }
  char order[kSleepers + 1] = {};
  for (int i = 0; i < kSleepers; ++i) {
    if (read(ends[0], order + i, 1) != 1) break;
  }
  kill(busy, SIGKILL);
  while (wait(nullptr) > 0) {
  }
  std::printf("in turn: %s\n", order);
}

}  // namespace

int main() {
  wrong_requests();
  long_enough();
  interrupted();
  undisturbed();
  in_turn();
  std::printf("done\n");
  return 0;
}
