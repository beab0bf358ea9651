// SPDX-License-Identifier: GPL-2.0
// What only long counts show: programs that check every register, every part of the FPU and vector
// state and a restartable sequence under upcalls; the module loaded again and again; and ends of
// creators and hosts at any moment.
#include <signal.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <vector>

#include "tests/checks/extended_state.h"
#include "tests/uls/guest/check.h"

extern "C" const char extension_spoil[];
extern "C" int run_sequence(struct rseq* area, std::uint64_t rounds);

namespace osext::test {
namespace {

constexpr std::uint64_t kPeriodNs = 50'000;

void in_child(const std::function<void()>& body) {
  const int status = status_of_child([&] {
    body();
    return 0;
  });
  require(status == 0, "the host {}", describe_status(status));
}

// Without the C library, which may use any register.
void system_call_getppid() {
  long number = SYS_getppid;
  asm volatile("syscall" : "+a"(number) : : "rcx", "r11", "memory");
}

// x87 and the upper halves of the vector registers: while system calls are made, and while not.
bool keeps_extended_state(bool calls) {
  const ExtendedState wanted = random_extended_state(dice);
  ExtendedState own{}, before{}, after{};
  save(own);
  load(wanted);
  save(before);  // also what cannot be loaded, as addresses
  for (int i = 0; i < 3000; ++i)
    if (calls)
      system_call_getppid();
    else
      asm volatile("" ::: "memory");
  save(after);
  load(own);
  return same(before, after);
}

int sequences_through(int tries) {
  auto* area = reinterpret_cast<struct rseq*>(static_cast<char*>(__builtin_thread_pointer()) +
                                              __rseq_offset);
  int through = 0;
  for (int i = 0; i < tries; ++i) through += run_sequence(area, 2000);
  return through;
}

// One round is one upcall.
const RegisterCheck everything("everything", [] {
  Loaded module;
  in_child([] {
    UlsSandbox sandbox;
    Extension extension(sandbox, extension_count);
    sandbox.join();
    extension.bind_timer(kPeriodNs);
    std::uint64_t through = 0, aborted = 0;
    for (std::uint64_t i = 0; extension.count() < rounds<std::uint64_t>(1000); ++i) {
      const int changed = hold_registers(1000);
      require(changed == 0, "register {} is not as before", changed);
      require(keeps_extended_state(i % 2), "the extended state is not as before");
      const int come = sequences_through(10);
      through += come;
      aborted += 10 - come;
      const osext_uls_statistics statistics = extension.statistics();
      require(!statistics.condemned, "the extension is condemned");
    }
    const osext_uls_statistics statistics = extension.statistics();
    for (const std::uint64_t aborts : statistics.aborts) require(aborts == 0, "{} aborts", aborts);
    fmt::print("  {} upcalls, {} direct; sequences: {} through, {} begun again\n",
               statistics.upcalls, statistics.direct, through, aborted);
    std::fflush(stdout);
    require(through > 0, "no sequence comes through");
  });
});

// The checker must see what an extension does to a register that nobody restores: word 1 of its
// data says which it spoils.
const RegisterCheck everything_control("everything_control", [] {
  Loaded module;
  const auto host = [](std::uint64_t what, const std::function<bool()>& sees) {
    in_child([&] {
      UlsSandbox sandbox;
      Extension extension(sandbox, extension_spoil);
      extension.set_word(1, what);
      require(!sees(), "it is seen before anything happens");
      sandbox.join();
      extension.bind_timer(kPeriodNs);
      int seen = 0;
      // The timer has to hit the middle of a try, and a try can be short.
      for (int i = 0; i < 20'000 && !seen; ++i) seen = sees();
      require(seen, "nobody sees that the extension spoils register {}", what);
    });
  };
  host(0, [] { return hold_registers(2000) == 103; });   // xmm3
  host(1, [] { return !keeps_extended_state(false); });  // x87
});

// One round is one load of the module with an upcall in it.
const RegisterCheck modules("modules", [] {
  for (std::uint64_t i = 0; i < rounds<std::uint64_t>(10); ++i) {
    Loaded module(i % 2 ? "mode=us" : "");
    in_child([] {
      UlsSandbox sandbox;
      Extension extension(sandbox, extension_count);
      sandbox.join();
      extension.bind_software();
      require(extension.raise() == 0 && extension.count() == 1, "no upcall");
    });
  }
});

// The creator and two hosts, of which somebody is killed at a random moment, and then all of them.
// One round is one such group.
const RegisterCheck random_ends("random_ends", [] {
  Loaded module;
  UlsSandbox root;
  std::uint64_t upcalls = 0;
  for (std::uint64_t i = 0; i < rounds<std::uint64_t>(20); ++i) {
    std::vector<pid_t> group;
    group.push_back(start_child([]() -> int {
      UlsSandbox own;
      Extension extension(own, dice() % 2 ? extension_count : extension_wait);
      extension.set_word(1, 1);
      extension.bind_timer(20'000 + dice() % 50'000);
      own.join();
      for (;;) hold_registers(100);
    }));
    for (int host = 0; host < 2; ++host)
      group.push_back(start_child([]() -> int {
        UlsSandbox own;
        own.join();
        for (;;)
          if (hold_registers(500) != 0) return 1;
      }));
    usleep(dice() % 5000);
    upcalls += root.statistics().upcalls;
    const std::size_t first = dice() % group.size();
    kill(group[first], SIGKILL);
    usleep(dice() % 2000);
    for (const pid_t process : group) kill(process, SIGKILL);
    for (const pid_t process : group) {
      int status;
      require(waitpid(process, &status, 0) == process && WIFSIGNALED(status) &&
                  WTERMSIG(status) == SIGKILL,
              "round {}: a process {}", i, describe_status(status));
    }
    wait_until("the end of all hosts", [&] { return root.statistics().hosts == 0; });
  }
  fmt::print("  {} upcalls seen before the ends\n", upcalls);
  require(upcalls > 0, "no upcall happened");
});

}  // namespace
}  // namespace osext::test
