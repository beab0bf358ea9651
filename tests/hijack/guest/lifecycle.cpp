// SPDX-License-Identifier: GPL-2.0
// Loading and unloading, killing either party at any moment, CPUs that come and go.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "tests/hijack/guest/check.h"
#include "tests/hijack/guest/registers.h"

namespace osext::test {
namespace {

std::string slurp(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string entries() {
  const std::string text = slurp("/sys/module/osext_entries/parameters/entries");
  require(!text.empty(), "the entries cannot be read");
  return text;
}

const RegisterCheck load_unload("load_unload", [] {
  KernelModule reader;
  reader.load(place.entries_module, "osext_entries");
  const std::string before = entries();
  for (int i = 0; i < 10; ++i) {
    Loaded module;
    require(entries() != before, "the module arms nothing");
    if (i % 2) require_working_session();
  }
  require(entries() == before, "unload does not restore the entries:\n{}{}", before, entries());
  require(reader.unload(), "the entries' reader stays");
});

const RegisterCheck busy("busy", [] {
  Loaded module;
  HijackSession session;
  session.start(place.executive);
  require(syscall(SYS_delete_module, "osext_hijack", O_NONBLOCK) == -1, "unloaded under a session");
  HijackSession second;
  bool refused = false;
  try {
    second.start(place.executive);
  } catch (const std::runtime_error&) {
    refused = true;
  }
  require(refused, "two executives at once");
  session.join();
  require(hijack_call(OSEXT_HIJACK_RPC, 1) == 4, "the first session is disturbed");
  session.leave();
  session.stop();
});

// A guest that calls until it dies; its pid and its executive's come through the pipe.
struct Victims {
  pid_t owner, executive;
};

[[noreturn]] void run_victim(int tell) {
  HijackSession session;
  session.start(place.executive);
  const pid_t executive = session.executive_pid();
  (void)!write(tell, &executive, sizeof executive);
  for (;;) {
    session.join();
    for (int i = 0; i < 200; ++i) {
      hijack_call(OSEXT_HIJACK_RPC, 1);
      getppid();
      if (i % 50 == 0) usleep(100);
    }
    session.leave();
  }
}

Victims start_victims() {
  int pipes[2];
  require(pipe2(pipes, O_CLOEXEC) == 0, "pipe failed");
  Victims victims{};
  victims.owner = fork();
  if (victims.owner == 0) {
    try {
      run_victim(pipes[1]);
    } catch (const std::exception&) {
      // Its executive was killed between two joins.
    }
    _exit(1);
  }
  close(pipes[1]);
  const bool told = read(pipes[0], &victims.executive, sizeof(pid_t)) == sizeof(pid_t);
  close(pipes[0]);
  require(told, "no session started");
  return victims;
}

void random_pause(unsigned limit_us) {
  usleep(static_cast<useconds_t>(dice() % limit_us));
}

const RegisterCheck kills("kills", [] {
  Loaded module;
  for (int i = rounds(40); i > 0; --i) {
    const Victims victims = start_victims();
    random_pause(20000);
    const bool owner_first = dice() % 2;
    kill(owner_first ? victims.owner : victims.executive, SIGKILL);
    if (dice() % 4 == 0) kill(owner_first ? victims.executive : victims.owner, SIGKILL);
    int status;
    // A kill between two joins leaves the owner without executive: it fails by an exception.
    require(waitpid(victims.owner, &status, 0) == victims.owner, "the owner lives on");
    require(!WIFEXITED(status) || WEXITSTATUS(status) != 0, "the owner {}",
            describe_status(status));
    for (int j = 0; kill(victims.executive, 0) == 0; ++j) {
      require(j < 5000, "the executive lives on");
      usleep(1000);
    }
  }
  require_working_session();
});

const RegisterCheck stops("stop_and_continue", [] {
  Loaded module;
  const Victims victims = start_victims();
  for (int i = 0; i < 100; ++i) {
    kill(victims.executive, SIGSTOP);
    random_pause(2000);
    kill(victims.executive, SIGCONT);
    random_pause(2000);
  }
  require(kill(victims.owner, 0) == 0 && waitpid(victims.owner, nullptr, WNOHANG) == 0,
          "the guest died");
  kill(victims.owner, SIGKILL);
  waitpid(victims.owner, nullptr, 0);
});

// A tracer that stops the thread anywhere and writes its registers back.
const RegisterCheck traced("traced", [] {
  Loaded module;
  const Victims victims = start_victims();
  require(ptrace(PTRACE_SEIZE, victims.executive, nullptr, nullptr) == 0, "seize failed");
  for (int i = 0; i < 100; ++i) {
    ptrace(PTRACE_INTERRUPT, victims.executive, nullptr, nullptr);
    int status;
    require(waitpid(victims.executive, &status, __WALL) == victims.executive && WIFSTOPPED(status),
            "the thread does not stop");
    ptrace(PTRACE_CONT, victims.executive, nullptr, nullptr);
    random_pause(500);
  }
  kill(victims.owner, SIGKILL);
  waitpid(victims.owner, nullptr, 0);
  waitpid(victims.executive, nullptr, __WALL);
});

void pin(pid_t pid, int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(pid, sizeof set, &set);
}

// The thread is driven from CPU to CPU while every register is checked.
const RegisterCheck migration("migration", [] {
  require(sysconf(_SC_NPROCESSORS_ONLN) > 1, "needs two CPUs");
  Loaded module;
  const int status = status_of_child([] {
    HijackSession session;
    session.start(place.executive);
    const pid_t executive = session.executive_pid();
    const pid_t driver = fork();
    if (driver == 0) {
      for (int i = 0;; ++i) {
        pin(executive, i % 2);
        usleep(300);
      }
    }
    // How often the driver has its turn meanwhile is chance: more calls where it was too seldom.
    constexpr int kMostRounds = 20;
    const int calls = rounds(6000);
    osext_hijack_statistics statistics{};
    for (int round = 0; round < kMostRounds && statistics.migrations <= 10; ++round) {
      session.join();
      for (int i = 0; i < calls; ++i) {
        require(checked_call(OSEXT_HIJACK_RPC, i) == osext_hijack_rpc_result(i), "wrong answer");
        require(checked_call(OSEXT_HIJACK_RPC_MINIMAL, i) == i + 1ULL, "wrong minimal answer");
        if (i % 16 == 0) sched_yield();
      }
      session.leave();
      statistics = session.statistics();
    }
    kill(driver, SIGKILL);
    waitpid(driver, nullptr, 0);
    require(statistics.migrations > 10, "only {} migrations", statistics.migrations);
    fmt::print("  {} migrations, {} fast and {} slow traps\n", statistics.migrations,
               statistics.fast_traps, statistics.slow_traps);
    std::fflush(stdout);
    session.stop();
    return 0;
  });
  require(status == 0, "the child {}", describe_status(status));
});

const RegisterCheck hotplug("cpu_hotplug", [] {
  const char* online = "/sys/devices/system/cpu/cpu1/online";
  require(access(online, W_OK) == 0, "CPU 1 cannot be taken off line");
  Loaded module;
  const auto set_online = [&](int value) {
    std::ofstream(online) << value;
    require(slurp(online) == fmt::format("{}\n", value), "CPU 1 does not obey");
  };
  set_online(0);
  require_working_session();
  set_online(1);
  // The CPU that came back must be armed: a guest pinned there gets answers.
  const int status = status_of_child([] {
    HijackSession session;
    session.start(place.executive);
    pin(session.executive_pid(), 1);
    session.join();
    const std::uint64_t answer = hijack_call(OSEXT_HIJACK_RPC, 5);
    session.leave();
    session.stop();
    return answer == osext_hijack_rpc_result(5) ? 0 : 1;
  });
  require(status == 0, "on the CPU that came back, the guest {}", describe_status(status));
});

}  // namespace
}  // namespace osext::test
