// SPDX-License-Identifier: GPL-2.0
// A program for the guest: exercises what could let the host's state in (clock,
// scheduling, forks, random numbers, addresses) and prints all it sees, between
// markers.  Two restores must print and count the same.
//   guest-probe mix RECORDS   the above; writes 64 KiB to RECORDS
//   guest-probe spin          never ends
//   guest-probe spin-alone    the same as a real-time program: nothing else runs
//   guest-probe cpus          two threads that must meet: needs two CPUs or patience
#include <osext/marker.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

void show(const char* what) {
  timespec wall{}, mono{};
  clock_gettime(CLOCK_REALTIME, &wall);
  clock_gettime(CLOCK_MONOTONIC, &mono);
  std::printf("%s tsc=%llu wall=%lld.%09ld mono=%lld.%09ld\n", what,
              static_cast<unsigned long long>(__rdtsc()), static_cast<long long>(wall.tv_sec),
              wall.tv_nsec, static_cast<long long>(mono.tv_sec), mono.tv_nsec);
}

template <typename Work>
void measured(const char* what, Work work) {
  OSEXT_MARK(OSEXT_MARK_SERIES);
  OSEXT_MARK(OSEXT_MARK_BEGIN);
  work();
  OSEXT_MARK(OSEXT_MARK_END);
  show(what);
}

void pipe_round_trips(int count) {
  int there[2], back[2];
  if (pipe(there) != 0 || pipe(back) != 0) return;
  pid_t child = fork();
  char byte = 0;
  if (child == 0) {
    for (int i = 0; i < count; i++)
      if (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1) _exit(1);
    _exit(0);
  }
  for (int i = 0; i < count; i++)
    if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) return;
  waitpid(child, nullptr, 0);
}

int mix(const char* records) {
  OSEXT_MARK(OSEXT_MARK_WATCH);
  show("start");
  measured("getppid", [] {
    for (int i = 0; i < 10000; i++) syscall(SYS_getppid);
  });
  measured("pipes", [] { pipe_round_trips(500); });
  measured("forks", [] {
    for (int i = 0; i < 20; i++) {
      pid_t child = fork();
      if (child == 0) _exit(0);
      waitpid(child, nullptr, 0);
    }
  });
  measured("pages", [] {
    std::vector<char> pages(8 << 20);
    for (size_t i = 0; i < pages.size(); i += 4096) pages[i] = 1;
  });
  measured("sleep", [] {
    timespec nap{0, 50'000'000};
    nanosleep(&nap, nullptr);
  });
  unsigned char random[16] = {};
  (void)!getrandom(random, sizeof random, GRND_NONBLOCK);
  for (unsigned char byte : random) std::printf("%02x", byte);
  std::printf(" pid=%d stack=%p heap=%p\n", getpid(), static_cast<void*>(random),
              static_cast<void*>(new char[64]));
  if (records != nullptr) {
    std::ofstream out(records, std::ios::binary);
    for (int i = 0; i < 16384; i++) {
      auto word = static_cast<std::uint32_t>(__rdtsc());
      out.write(reinterpret_cast<const char*>(&word), sizeof word);
    }
  }
  OSEXT_MARK(OSEXT_MARK_UNWATCH);
  show("end");
  return 0;
}

// Counts how often two threads, pinned to a CPU each, see each other move.
int meet_on_two_cpus() {
  std::atomic<int> turn{0};
  auto side = [&](int self) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(self, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) std::printf("cpu%d is missing\n", self);
    for (int i = 0; i < 1000; i++) {
      while (turn.load() != self) sched_yield();
      turn.store(1 - self);
    }
  };
  std::thread other(side, 1);
  side(0);
  other.join();
  std::printf("met on %ld cpus\n", sysconf(_SC_NPROCESSORS_ONLN));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::string what = argc > 1 ? argv[1] : "";
  if (what == "mix") return mix(argc > 2 ? argv[2] : nullptr);
  if (what == "cpus") return meet_on_two_cpus();
  if (what == "spin-alone") {
    sched_param highest{99};
    if (sched_setscheduler(0, SCHED_FIFO, &highest) != 0) return 1;
  }
  if (what == "spin" || what == "spin-alone")
    for (;;) {
    }
  std::fprintf(stderr, "guest-probe: mix, spin, spin-alone or cpus\n");
  return 2;
}
