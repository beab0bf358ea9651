// SPDX-License-Identifier: GPL-2.0
// Several guests of one executive: they run side by side, talk to each other, are signalled,
// scheduled and killed, and none disturbs the others.
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "tests/hijack/guest/several.h"

namespace osext::test {
namespace {

// Each guest computes on its own while the others do, and forks: nobody's registers, vector
// registers or memory may come to another.
int compute(unsigned which) {
  double sum = which;
  std::uint64_t hash = which + 1;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 500; ++i) {
      sum += 0.5;
      hash = hash * 6364136223846793005ULL + which;
    }
    if (hijack_call(OSEXT_HIJACK_RPC, hash) != osext_hijack_rpc_result(hash)) return 1;
    if (round % 50 == 0) {
      const pid_t child = fork();
      if (child == 0) _exit(static_cast<int>(which));
      int status;
      if (waitpid(child, &status, 0) != child || WEXITSTATUS(status) != static_cast<int>(which))
        return 2;
    }
    if (round % 10 == 0) sched_yield();
  }
  std::uint64_t expected = which + 1;
  for (int i = 0; i < 200 * 500; ++i) expected = expected * 6364136223846793005ULL + which;
  return hash == expected && sum == which + 0.5 * 200 * 500 ? 0 : 3;
}

const RegisterCheck side_by_side("side_by_side", [] {
  Loaded module;
  HijackSession session;
  session.start(place.executive, {"quantum_us=500"});
  std::vector<pid_t> guests;
  for (unsigned i = 0; i < 8; ++i)
    guests.push_back(start_guest(session, [i] { return compute(i); }));
  for (const pid_t guest : guests) {
    const int status = wait_for(guest);
    require(status == 0, "guest {} {}", guest, describe_status(status));
  }
  const osext_hijack_statistics statistics = session.statistics();
  // By handler the module has no part in them.
  const bool interrupted = way.empty() ? statistics.upcalls > 0 : true;
  require(statistics.switches > 16 && interrupted, "{} switches, {} upcalls", statistics.switches,
          statistics.upcalls);
  session.stop();
});

// A ring of pipes through which a number travels, while another guest never yields.
const RegisterCheck pipes("pipes_beside_hog", [] {
  constexpr int kRounds = 40;
  Loaded module;
  HijackSession session;
  session.start(place.executive);
  const pid_t hog = start_guest(session, [] {
    for (;;) asm volatile("");
    return 0;
  });
  int there[2], back[2];
  require(pipe(there) == 0 && pipe(back) == 0, "pipe failed");
  const pid_t server = start_guest(session, [&] {
    for (int i = 0; i < kRounds; ++i) {
      int value;
      if (read(there[0], &value, sizeof value) != sizeof value) return 1;
      ++value;
      if (write(back[1], &value, sizeof value) != sizeof value) return 2;
    }
    return 0;
  });
  const pid_t client = start_guest(session, [&] {
    int value = 0;
    for (int i = 0; i < kRounds; ++i) {
      if (write(there[1], &value, sizeof value) != sizeof value) return 1;
      if (read(back[0], &value, sizeof value) != sizeof value) return 2;
    }
    return value == kRounds ? 0 : 3;
  });
  int status = wait_for(client);
  require(status == 0, "the client {}", describe_status(status));
  status = wait_for(server);
  require(status == 0, "the server {}", describe_status(status));
  kill(hog, SIGKILL);
  status = wait_for(hog);
  require(WIFSIGNALED(status), "the hog {}", describe_status(status));
  for (const int file : {there[0], there[1], back[0], back[1]}) close(file);
  session.stop();
});

const RegisterCheck peers("peers", [] {
  Loaded module;
  HijackSession session;
  session.start(place.executive);
  const pid_t server = start_guest(session, [] {
    for (std::uint64_t answer = 0;;) answer = hijack_call(OSEXT_HIJACK_PEER_SERVE, answer) * 7;
    return 0;
  });
  const pid_t client = start_guest(session, [] {
    constexpr auto not_connected = static_cast<std::uint64_t>(-ENOTCONN);
    while (hijack_call(OSEXT_HIJACK_PEER_CALL, 1) == not_connected) usleep(100);
    for (std::uint64_t i = 0; i < 500; ++i)
      if (hijack_call(OSEXT_HIJACK_PEER_CALL, i) != i * 7) return 1;
    return 0;
  });
  const int status = wait_for(client);
  require(status == 0, "the client {}", describe_status(status));
  kill(server, SIGKILL);
  wait_for(server);
  const int alone = wait_for(start_guest(session, [] {
    return hijack_call(OSEXT_HIJACK_PEER_CALL, 1) == static_cast<std::uint64_t>(-ENOTCONN) ? 0 : 1;
  }));
  require(alone == 0, "without a server, the client {}", describe_status(alone));
  session.stop();
});

volatile sig_atomic_t handled;
volatile std::uintptr_t fault_address;

void on_signal(int) {
  handled = handled + 1;
}

void on_fault(int, siginfo_t* info, void* context) {
  handled = handled + 1;
  fault_address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  constexpr int load_bytes = 3;  // mov (%rax), %rcx
  static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] += load_bytes;
}

// Signals reach a guest that makes no call, by its own handler or by their default.
const RegisterCheck spinning("signals_while_spinning", [] {
  Loaded module;
  HijackSession session;
  session.start(place.executive);
  auto* ready = shared_array<volatile int>(1);
  const pid_t guest = start_guest(session, [&] {
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigaction(SIGUSR1, &action, nullptr);
    *ready = 1;
    std::uint64_t rcx = 0, r11 = 0;
    while (handled < 20) {
      // Registers that a system call may change and a signal may not.
      asm volatile(
          "movq $77, %%rcx\n\tmovq $88, %%r11\n\t"
          "movl $2000, %%eax\n"
          "1:\tdecl %%eax\n\tjnz 1b\n\t"
          "movq %%rcx, %0\n\tmovq %%r11, %1"
          : "=r"(rcx), "=r"(r11)::"rax", "rcx", "r11", "cc");
      if (rcx != 77 || r11 != 88) return 1;
    }
    return 0;
  });
  while (!*ready) usleep(1000);
  int status = 0;
  while (waitpid(guest, &status, WNOHANG) == 0) {
    kill(guest, SIGUSR1);
    usleep(500);
  }
  require(status == 0, "the guest {}", describe_status(status));
  const pid_t other = start_guest(session, [] {
    for (;;) asm volatile("");
    return 0;
  });
  usleep(20000);
  kill(other, SIGTERM);
  status = wait_for(other);
  require(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "the other {}",
          describe_status(status));
  session.stop();
});

const RegisterCheck faults("faults", [] {
  Loaded module;
  HijackSession session;
  session.start(place.executive);
  const int status = wait_for(start_guest(session, [] {
    struct sigaction action {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, nullptr);
    for (std::uintptr_t i = 1; i <= 50; ++i) {
      asm volatile("movq (%0), %%rcx" ::"a"(i * 8) : "rcx", "memory");
      if (handled != static_cast<int>(i) || fault_address != i * 8) return 1;
    }
    return 0;
  }));
  require(status == 0, "the guest {}", describe_status(status));
  session.stop();
});

// Of three guests with periods, the one that is due first goes first: their jobs come in the order
// of their deadlines, whatever the processor's speed.
const RegisterCheck deadlines("earliest_deadline_first", [] {
  constexpr int kTasks = 3, kJobs = 4;
  Loaded module;
  HijackSession session;
  session.start(place.executive, {"policy=edf"});
  auto* done = shared_array<volatile int>(kTasks);
  std::vector<pid_t> guests;
  for (int task = 0; task < kTasks; ++task)
    guests.push_back(start_guest(session, [&, task] {
      const sched_param period{100 << task};
      if (sched_setscheduler(0, SCHED_OTHER, &period) != 0) return 1;
      sched_param back{};
      if (sched_getparam(0, &back) != 0 || back.sched_priority != period.sched_priority) return 2;
      for (int job = 0; job < kJobs; ++job) {
        sched_yield();
        done[task] = done[task] + 1;
        // A task with twice the period has at most half as many jobs behind it, and one.
        for (int slower = task + 1; slower < kTasks; ++slower)
          if (done[slower] > done[task]) return 3;
      }
      return 0;
    }));
  for (const pid_t guest : guests) {
    const int status = wait_for(guest);
    require(status == 0, "guest {} {}", guest, describe_status(status));
  }
  const int refused = wait_for(start_guest(session, [] {
    const sched_param bad{-1};
    return sched_setscheduler(0, SCHED_OTHER, &bad) == -1 && errno == EINVAL ? 0 : 1;
  }));
  require(refused == 0, "a negative period is accepted");
  session.stop();
});

// More processes than the executive has room for: the fork fails, nothing else.
const RegisterCheck crowd("too_many_guests", [] {
  Loaded module;
  HijackSession session;
  session.start(place.executive);
  const int status = wait_for(start_guest(session, [] {
    std::vector<pid_t> children;
    for (;;) {
      const pid_t child = fork();
      if (child == 0) {
        pause();
        _exit(0);
      }
      if (child < 0) break;
      children.push_back(child);
      if (children.size() > OSEXT_HIJACK_GUESTS_MAX) return 1;
    }
    if (errno != EAGAIN || children.size() < OSEXT_HIJACK_GUESTS_MAX / 2) return 2;
    for (const pid_t child : children) kill(child, SIGKILL);
    for (const pid_t child : children)
      if (waitpid(child, nullptr, 0) != child) return 3;
    const pid_t child = fork();  // there is room again
    if (child == 0) _exit(0);
    return waitpid(child, nullptr, 0) == child ? 0 : 4;
  }));
  require(status == 0, "the guest {}", describe_status(status));
  session.stop();
});

// Guests and executives are killed at random while many run.
const RegisterCheck kills_many("kills_many", [] {
  Loaded module;
  for (int left = rounds(6); left > 0; --left) {
    HijackSession session;
    session.start(place.executive, {"quantum_us=500"});
    std::vector<pid_t> guests;
    for (unsigned i = 0; i < 6; ++i)
      guests.push_back(start_guest(session, [i] {
        for (;;)
          if (const int status = compute(i)) return status;
      }));
    usleep(static_cast<useconds_t>(dice() % 30000));
    const bool ended = dice() % 3 == 0;
    if (ended) kill(session.executive_pid(), SIGKILL);
    while (!guests.empty()) {
      const std::size_t which = dice() % guests.size();
      kill(guests[which], SIGKILL);
      const int status = wait_for(guests[which]);
      const bool came_too_late = ended && WIFEXITED(status) && WEXITSTATUS(status) == 99;
      require(WIFSIGNALED(status) || came_too_late, "guest {} {}", guests[which],
              describe_status(status));
      guests.erase(guests.begin() + static_cast<std::ptrdiff_t>(which));
      usleep(static_cast<useconds_t>(dice() % 3000));
    }
    session.stop();
  }
  require_working_session();
});

// A guest that forbids itself all ordinary memory would take the executive along.
const RegisterCheck keys("protection_keys", [] {
  Loaded module;
  HijackSession session;
  session.start(place.executive);
  for (const std::uint32_t rights : {1U, 2U, 3U, ~0U}) {
    const int status = wait_for(start_guest(session, [rights] {
      std::uint64_t value = rights, zero = 0;
      // getppid is number 110.  No memory is touched in between.
      asm volatile(
          "wrpkru\n\tmovl $110, %%eax\n\tsyscall\n\txorl %%eax, %%eax\n\t"
          "xorl %%ecx, %%ecx\n\txorl %%edx, %%edx\n\twrpkru"
          : "+a"(value), "+c"(zero)
          : "d"(0)
          : "r11", "memory");
      return 0;
    }));
    require(WIFSIGNALED(status), "with rights {:#x} the guest {}", rights, describe_status(status));
  }
  const int status = wait_for(start_guest(session, [] { return 0; }));
  require(status == 0, "afterwards a guest {}", describe_status(status));
  session.stop();
});

}  // namespace
}  // namespace osext::test
