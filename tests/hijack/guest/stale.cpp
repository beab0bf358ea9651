// SPDX-License-Identifier: GPL-2.0
// No stale translation of the executive is left for its guest, neither by its calls nor by moving
// from CPU to CPU.  Controls leave out what drops them: there the probes must succeed.
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "tests/hijack/guest/several.h"

namespace osext::test {
namespace {

// A guest that touches the executive gets a signal, as for any address, instead of its end.
const HijackOptions handled{"policy=interpose touch=signal"};

// Right after a call, with nothing between that would flush, a probe of a page that the executive
// has just used: a stale translation would let it through.
sigjmp_buf fault_return;
volatile sig_atomic_t faults;

void on_fault(int) {
  faults = faults + 1;
  siglongjmp(fault_return, 1);
}

void handle_faults() {
  struct sigaction action {};
  action.sa_handler = on_fault;
  action.sa_flags = SA_NODEFER;  // siglongjmp restores no mask, as that would be a system call
  sigaction(SIGSEGV, &action, nullptr);
}

struct Probing {
  int probes;
  std::uint64_t number;  // of the calls before each
  int calls;
  std::uint64_t offset = 0;  // of what is probed in the executive's region
};

// How many probes could read the executive.
long count_stale(const Probing& probing) {
  handle_faults();
  volatile long stale = 0;
  volatile int done = 0;
  while (done < probing.probes) {
    done = done + 1;
    if (sigsetjmp(fault_return, 0) == 0) {
      for (int i = 0; i < probing.calls; ++i) hijack_call(probing.number, 1);
      (void)*reinterpret_cast<volatile std::uint64_t*>(OSEXT_EXECUTIVE_BASE + probing.offset);
      stale = stale + 1;
    }
  }
  return stale;
}

const RegisterCheck stale("stale_translations", [] {
  Loaded module;
  const int status = status_of_guest(
      [] {
        const int probes = rounds(2000);
        for (const std::uint64_t number : {OSEXT_HIJACK_RPC, OSEXT_HIJACK_RPC_MINIMAL}) {
          faults = 0;
          const long stale = count_stale({probes, number, 1});
          require(stale == 0 && faults == probes, "{} of {} probes read the executive", stale,
                  probes);
        }
        return 0;
      },
      handled);
  require(status == 0, "the guest {}", describe_status(status));
});

// How many of 2000 probes find the page that holds the executive's entry, after calls with this
// module: 0, if its translations are dropped.
void probe_entry(const char* parameters, const std::function<bool(long)>& right) {
  Loaded module(parameters);
  const int status = status_of_guest(
      [&] {
        const long stale = count_stale({2000, OSEXT_HIJACK_RPC, 1, OSEXT_HIJACK_SHARED_BYTES});
        require(right(stale), "{} of 2000 probes read the executive", stale);
        return 0;
      },
      handled);
  require(status == 0, "with {} the guest {}", parameters, describe_status(status));
}

const RegisterCheck by_page("flush_by_page", [] {
  probe_entry("flush=invlpg", [](long stale) { return stale == 0; });
});

// Only the shared page is dropped, so the next one stays, and must be found.
const RegisterCheck by_page_control("flush_by_page_control", [] {
  probe_entry("flush=invlpg test_flush_pages=1", [](long stale) { return stale > 1000; });
});

// ---- While the thread moves from CPU to CPU.

void pin(pid_t task, int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(task, sizeof set, &set);
}

// Without a system call: the kernel keeps it in the limit of a segment.
unsigned this_cpu() {
  constexpr unsigned segment = 0x7b, mask = 0xfff;
  unsigned limit;
  asm volatile("lsl %1, %0" : "=r"(limit) : "r"(segment));
  return limit & mask;
}

// Where the guest wants to be; its driver moves the thread there.  The driver stays on CPU 1, so
// that on CPU 0, while the thread is away, nothing loads other memory.
[[noreturn]] void drive(pid_t thread, const volatile int* wanted) {
  constexpr useconds_t pause_us = 50;
  pin(0, 1);
  for (int now = -1;; usleep(pause_us))
    if (now != *wanted) pin(thread, now = *wanted);
}

// Leaves CPU 0 in the midst of calls, mostly with the executive mapped, comes back to it as the
// guest, without a call, and probes: how many times of `probes` can the executive be read?
long count_stale_moving(int probes, volatile int* wanted) {
  handle_faults();
  volatile long stale = 0;
  volatile int done = 0;
  while (done < probes) {
    done = done + 1;
    *wanted = 0;
    while (this_cpu() != 0) getppid();
    *wanted = 1;
    while (this_cpu() != 1) getppid();
    *wanted = 0;
    while (this_cpu() != 0) asm volatile("");
    if (sigsetjmp(fault_return, 0) == 0) {
      // The page that every call arrives at: remembered wherever the executive was interrupted.
      (void)*executive_memory();
      stale = stale + 1;
    }
  }
  return stale;
}

// What the guest of probe_moving() found; its parent reads the session's counters.
struct Found {
  volatile int wanted;  // the CPU for the driver
  volatile long probes, stale;
};

// Probes until the thread was moved, and taken from the executive, often enough to tell something,
// and, where `least_stale` is not 0, until so many probes read the executive.  How often a move
// hits the executive is chance, so its number is no failure before many rounds are done.
void probe_moving(const char* parameters, long least_stale) {
  constexpr int kMostRounds = 20;
  const int probes = rounds(150);
  require(sysconf(_SC_NPROCESSORS_ONLN) > 1, "needs two CPUs");
  Loaded module(parameters);
  auto* found = shared_array<Found>(1);
  const int status = status_of_child([&] {
    HijackSession session;
    session.start(place.executive, handled);
    const pid_t executive = session.executive_pid();
    const pid_t driver = fork();
    if (driver == 0) drive(executive, &found->wanted);
    const auto enough = static_cast<std::uint64_t>(probes);
    osext_hijack_statistics statistics{};
    for (int round = 0; round < kMostRounds; ++round) {
      session.join();
      found->stale = found->stale + count_stale_moving(probes, &found->wanted);
      session.leave();
      found->probes = found->probes + probes;
      statistics = session.statistics();
      if (statistics.migrations > enough && statistics.unhooks > enough / 10 &&
          found->stale >= least_stale)
        break;
    }
    kill(driver, SIGKILL);
    waitpid(driver, nullptr, 0);
    session.stop();
    fmt::print(
        "  {} of {} probes read the executive; {} migrations, {} times mapped when it left\n",
        found->stale, found->probes, statistics.migrations, statistics.unhooks);
    std::fflush(stdout);
    require(statistics.migrations > enough && statistics.unhooks > enough / 10,
            "{} migrations, {} times mapped when it left", statistics.migrations,
            statistics.unhooks);
    return 0;
  });
  require(status == 0, "the child {}", describe_status(status));
  require(least_stale == 0 ? found->stale == 0 : found->stale >= least_stale,
          "{} of {} probes read the executive", found->stale, found->probes);
}

const RegisterCheck moving("stale_translations_moving", [] { probe_moving("", 0); });

// Nothing is flushed where the thread leaves a CPU or comes to one, so probes must succeed.
const RegisterCheck moving_control("stale_translations_moving_control",
                                   [] { probe_moving("test_moving_stale=1", 4); });

}  // namespace
}  // namespace osext::test
