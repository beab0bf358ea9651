// SPDX-License-Identifier: GPL-2.0
// Extensions that do what they must not, and processes that end or stop at the wrong moment: the
// extension is aborted, the program goes on, and everything can be unloaded.
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <vector>

#include "tests/uls/guest/check.h"

namespace osext::test {
namespace {

// In the order of extensions.S.
constexpr osext_uls_abort kFault = OSEXT_ULS_ABORT_FAULT, kCall = OSEXT_ULS_ABORT_SYSTEM_CALL;
constexpr osext_uls_abort kMisbehaviour[] = {kFault, kFault, kFault, kFault, kFault, kFault,
                                             kFault, kFault, kCall,  kCall,  kCall,  kCall,
                                             kFault, kFault, kFault, kCall};
constexpr int kMinusOne = 16;  // a "system call" that even the kernel does not see as one
constexpr int kOverflow = 12;

volatile sig_atomic_t signals_seen;
void count_signal(int) {
  signals_seen = signals_seen + 1;
}

void catch_everything() {
  struct sigaction action = {};
  action.sa_handler = count_signal;
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS})
    sigaction(signal, &action, nullptr);
}

void require_clean() {
  struct sigaction action;
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS}) {
    sigaction(signal, nullptr, &action);
    require(action.sa_handler == count_signal, "the handler of signal {} is gone", signal);
  }
  require(signals_seen == 0, "the host saw {} signals of the extension", signals_seen);
  sigset_t mask;
  sigprocmask(SIG_SETMASK, nullptr, &mask);
  require(sigismember(&mask, SIGSEGV) == 0 && sigismember(&mask, SIGTERM) == 0, "signals blocked");
  require(hold_registers(100) == 0, "registers change");
}

void misbehave(int what, osext_uls_abort expected) {
  UlsSandbox sandbox;
  catch_everything();
  sandbox.join();
  Extension extension(sandbox, extension_misbehave);
  extension.bind_software();
  for (int i = 1; i <= OSEXT_ULS_ABORTS_MAX; ++i) {
    const int result = extension.raise(what);
    require(result == 0, "raising is answered {}", result);
    require_clean();
    const osext_uls_statistics statistics = extension.statistics();
    require(statistics.aborts[expected] == static_cast<std::uint64_t>(i),
            "{} aborts of kind {} after {} times", statistics.aborts[expected],
            static_cast<int>(expected), i);
    require(statistics.condemned == (i == OSEXT_ULS_ABORTS_MAX), "condemned after {}", i);
  }
  require(extension.raise(what) == -EOWNERDEAD, "a condemned extension takes events");
  sandbox.unload(extension.id);
  Extension next(sandbox, extension_count);
  next.bind_software();
  require(next.raise() == 0 && next.count() == 1, "no upcall afterwards");
}

void in_child(const std::function<void()>& body) {
  const int status = status_of_child([&] {
    body();
    return 0;
  });
  require(status == 0, "the host {}", describe_status(status));
}

const RegisterCheck faults("faults", [] {
  Loaded module;
  for (int what = 0; what < static_cast<int>(std::size(kMisbehaviour)); ++what)
    if (what != kOverflow) {
      try {
        in_child([&] { misbehave(what, kMisbehaviour[what]); });
      } catch (const std::exception& error) {
        throw std::runtime_error(fmt::format("misbehaviour {}: {}", what, error.what()));
      }
    }
});

// Budgets end what nothing else ends; the time is the machine's own.
const RegisterCheck runaways("runaways", [] {
  Loaded module;
  in_child([] {
    UlsSandbox sandbox;
    catch_everything();
    sandbox.join();
    Extension extension(sandbox, extension_spin, 2'000'000);
    extension.bind_software();
    for (int i = 0; i < OSEXT_ULS_ABORTS_MAX; ++i) {
      require(extension.raise() == 0, "raising fails");
      require_clean();
    }
    const osext_uls_statistics statistics = extension.statistics();
    require(statistics.aborts[OSEXT_ULS_ABORT_BUDGET] == OSEXT_ULS_ABORTS_MAX &&
                statistics.condemned && statistics.returns == 0,
            "{} aborts by budget", statistics.aborts[OSEXT_ULS_ABORT_BUDGET]);
  });
  in_child([] {
    UlsSandbox sandbox;
    catch_everything();
    sandbox.join();
    Extension extension(sandbox, extension_misbehave, 2'000'000);
    extension.bind_software();
    extension.raise(kMinusOne);
    require_clean();
    extension.raise(kOverflow);
    require_clean();
    const osext_uls_statistics statistics = extension.statistics();
    require(statistics.returns == 0, "a call with number -1, or an overflow, returns");
  });
});

// Another process in an upcall that does not end; calls `meanwhile` with its pid.
void while_spinning(
    const std::function<void(UlsSandbox&, Extension&, pid_t)>& meanwhile,
    const std::function<int()>& afterwards = [] { return 0; }) {
  UlsSandbox sandbox;
  Extension extension(sandbox, extension_wait);
  extension.bind_software(0, 4);
  const pid_t host = start_child([&] {
    catch_everything();
    sandbox.join();
    extension.raise();
    require_clean();
    return afterwards();
  });
  wait_until("the upcall", [&] { return extension.count() == 1; });
  meanwhile(sandbox, extension, host);
  int status;
  require(waitpid(host, &status, 0) == host, "waitpid failed");
  require(status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL), "the host {}",
          describe_status(status));
}

const RegisterCheck unload_in_flight("unload_in_flight", [] {
  Loaded module;
  for (int i = 0; i < 10; ++i)
    while_spinning([](UlsSandbox& sandbox, Extension& extension, pid_t) {
      sandbox.unload(extension.id);
      Extension next(sandbox, extension_count);
      require(next.code == extension.code, "its memory is not free again");
    });
});

const RegisterCheck kills("kills", [] {
  Loaded module;
  for (int i = 0; i < 10; ++i)
    while_spinning([](UlsSandbox& sandbox, Extension& extension, pid_t host) {
      kill(host, SIGKILL);
      wait_until("its end", [&] { return sandbox.statistics().hosts == 0; });
      require(extension.statistics().aborts[OSEXT_ULS_ABORT_BLOCKED] == 1, "not counted");
      sandbox.join();
      extension.set_word(1, 1);
      require(extension.raise() == 0 && extension.count() == 2, "nobody else gets the extension");
      require(
          munmap(reinterpret_cast<void*>(std::uintptr_t{OSEXT_ULS_CODE}), OSEXT_SANDBOX_SIZE) == 0,
          "cannot leave");
    });
  // The creator: its extension goes with it, whoever runs it.
  for (int i = 0; i < 10; ++i) {
    int pipes[2];
    require(pipe(pipes) == 0, "pipe failed");
    const pid_t host = start_child([&] {
      char id;
      catch_everything();
      UlsSandbox own;
      require(read(pipes[0], &id, 1) == 1, "no id");
      own.join();
      own.raise(id, 0, 0);
      require_clean();
      return 0;
    });
    const pid_t creator = start_child([&] {
      UlsSandbox own;
      Extension extension(own, extension_wait);
      extension.bind_software();
      const char id = extension.id;
      require(write(pipes[1], &id, 1) == 1, "write failed");
      for (;;) pause();
      return 0;
    });
    UlsSandbox root;
    wait_until("the upcall", [&] { return root.statistics().upcalls == 1; });
    kill(creator, SIGKILL);
    int status;
    waitpid(creator, &status, 0);
    waitpid(host, &status, 0);
    require(status == 0, "the host {}", describe_status(status));
    close(pipes[0]);
    close(pipes[1]);
  }
});

char state_of(pid_t process) {
  char text[256] = {};
  const int file = open(fmt::format("/proc/{}/stat", process).c_str(), O_RDONLY);
  const ssize_t bytes = read(file, text, sizeof text - 1);
  close(file);
  const std::string all(text, bytes > 0 ? bytes : 0);
  const auto end = all.rfind(')');
  return end == std::string::npos || end + 2 >= all.size() ? '?' : all[end + 2];
}

// A host that is stopped in an upcall loses it; continued, it is as it was.
const RegisterCheck stops("stops", [] {
  Loaded module;
  for (int i = 0; i < 5; ++i)
    while_spinning([](UlsSandbox& sandbox, Extension& extension, pid_t host) {
      kill(host, SIGSTOP);
      wait_until("its stop", [&] { return state_of(host) == 'T'; });
      wait_until("the abort",
                 [&] { return extension.statistics().aborts[OSEXT_ULS_ABORT_BLOCKED] == 1; });
      require(!extension.statistics().condemned, "it was not the extension's fault");
      extension.set_word(1, 1);
      const int status = status_of_child([&] {
        sandbox.join();
        return extension.raise() == 0 && extension.count() == 2 ? 0 : 1;
      });
      require(status == 0, "another host {}", describe_status(status));
      kill(host, SIGCONT);
    });
});

// Who is traced is left alone; who is attached to in an upcall loses it.
const RegisterCheck traced("traced", [] {
  Loaded module;
  while_spinning([](UlsSandbox&, Extension& extension, pid_t host) {
    require(ptrace(PTRACE_SEIZE, host, 0, 0) == 0 && ptrace(PTRACE_INTERRUPT, host, 0, 0) == 0,
            "cannot trace");
    int status;
    require(waitpid(host, &status, 0) == host && WIFSTOPPED(status), "no stop");
    extension.set_word(1, 1);
    require(extension.raise() == 0, "raising fails");
    require(extension.count() == 1, "an upcall in a traced process");
    require(ptrace(PTRACE_DETACH, host, 0, 0) == 0, "cannot detach");
  });
});

const RegisterCheck rights("rights", [] {
  Loaded module;
  UlsSandbox root;
  Extension extension(root, extension_count);
  extension.bind_software();
  const auto as_user = [&](const std::function<void(UlsSandbox&)>& body) {
    const int status = status_of_child([&] {
      if (setgid(1000) || setuid(1000)) return 90;
      UlsSandbox sandbox;
      body(sandbox);
      return 0;
    });
    require(status == 0, "a user {}", describe_status(status));
  };
  const auto load = [](UlsSandbox& sandbox) { sandbox.load({"a user's", 100, 100}); };
  as_user([&](UlsSandbox& sandbox) {
    require(error_of([&] { load(sandbox); }) == EPERM, "loading without a grant");
    require(error_of([&] { sandbox.grant(1000); }) == EPERM, "granting oneself");
    require(error_of([&] { sandbox.unload(extension.id); }) == EPERM, "unloading root's");
    require(error_of([&] { sandbox.statistics(extension.id); }) == EPERM, "looking at root's");
    require(sandbox.raise(extension.id, 0, 0) == -EPERM, "raising root's event");
    sandbox.join();
  });
  root.grant(1000);
  as_user([&](UlsSandbox& sandbox) {
    load(sandbox);
    require(error_of([&] { sandbox.unload(extension.id); }) == EPERM, "unloading root's");
  });
  root.grant(1000, true);
  as_user([&](UlsSandbox& sandbox) {
    require(error_of([&] { load(sandbox); }) == EPERM, "loading after the grant is revoked");
  });
  require(error_of([&] { root.grant(1000, true); }) == ENOENT, "revoking nothing");
});

const RegisterCheck refusals("refusals", [] {
  Loaded module;
  UlsSandbox sandbox;
  const auto load = [&](UlsLoad what) { return error_of([&] { sandbox.load(what); }); };
  require(load({"", 100}) == EINVAL && load({"a", 0}) == EINVAL, "an empty name or code");
  require(load({"a", OSEXT_ULS_PAGE_BYTES + 1}) == EINVAL, "too much code");
  require(load({"a", OSEXT_ULS_PAGE_BYTES}) == ENOSPC, "as much code as there is, with the stub");
  require(load({"a", 100, OSEXT_ULS_PAGE_BYTES}) == ENOSPC, "too much data");
  require(load({"a", 100, 0, 8}) == EINVAL && load({"a", 100, 0, 4096, 1}) == EINVAL,
          "no stack or no budget");
  Extension extension(sandbox, extension_count, kGenerousBudget, "twice");
  require(load({"twice", 100}) == EEXIST, "a name twice");
  const std::uint64_t word = 0;
  const auto write = [&](std::uint32_t address, std::size_t bytes) {
    return error_of([&] { sandbox.write(extension.id, address, &word, bytes); });
  };
  require(write(extension.code, 8) == EBUSY, "code is written after the start");
  require(write(OSEXT_ULS_CODE, 8) == EINVAL && write(OSEXT_ULS_DATA, 8) == EINVAL &&
              write(extension.data - 1, 8) == EINVAL &&
              write(extension.data + 8192 - 7, 8) == EINVAL,
          "somebody else's memory is written");
  require(error_of([&] { sandbox.start(extension.id, extension.code); }) == EBUSY, "two starts");
  const auto bind = [&](const UlsBinding& what) {
    return error_of([&] { sandbox.bind(extension.id, what); });
  };
  require(bind({9, 0, 0, 1}) == EINVAL && bind({OSEXT_ULS_SOFTWARE, 0, 0, 0}) == EINVAL &&
              bind({OSEXT_ULS_SOFTWARE, 0, 0, OSEXT_ULS_QUEUE_MAX + 1}) == EINVAL &&
              bind({OSEXT_ULS_SOFTWARE, 0, 0, 1, 16}) == EINVAL &&
              bind({OSEXT_ULS_SOFTWARE, 0, 0, 1, 0, 5}) == EINVAL &&
              bind({OSEXT_ULS_SOFTWARE, 0, 0, 1, 0, 0, 1}) == EINVAL &&
              bind({OSEXT_ULS_TIMER, 0, 0, 1, 0, 999}) == EINVAL,
          "a binding that makes no sense");
  for (std::uint32_t i = 0; i < OSEXT_ULS_BINDINGS_MAX; ++i) extension.bind_software(i);
  require(bind({OSEXT_ULS_SOFTWARE, 99, 0, 1}) == ENOSPC, "more bindings than there may be");
  require(error_of([&] { sandbox.unload(15); }) == ENOENT, "unloading nothing");
  std::vector<std::uint32_t> loaded;
  int error = 0;
  while (!error)
    error = error_of([&] {
      loaded.push_back(sandbox.load({fmt::format("many {}", loaded.size()), 100}).id);
    });
  require(error == EMFILE && loaded.size() == OSEXT_ULS_EXTENSIONS_MAX - 1, "{} more",
          loaded.size());
});

const RegisterCheck load_often("load_often", [] {
  Loaded module;
  in_child([] {
    UlsSandbox sandbox;
    sandbox.join();
    std::uint32_t code = 0;
    for (std::uint64_t i = 0; i < rounds<std::uint64_t>(200); ++i) {
      Extension extension(sandbox, extension_count);
      require(!code || code == extension.code, "memory is lost");
      code = extension.code;
      extension.bind_software();
      extension.bind_timer(100'000);
      require(extension.raise() == 0 && extension.count() >= 1, "no upcall");
      sandbox.unload(extension.id);
    }
  });
});

// Loops of timers, loads and hosts that come and go, at once.
const RegisterCheck storm("storm", [] {
  Loaded module;
  UlsSandbox sandbox;
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i)
    children.push_back(start_child([&, i] {
      dice.seed(i);
      for (int round = 0; round < 25; ++round) {
        const int status = status_of_child([&] {
          UlsSandbox own;
          own.join();
          Extension extension(own, extension_count);
          extension.bind_timer(30'000 + 1000 * i);
          const int changed = hold_registers(dice() % 20000);
          if (dice() % 3 == 0) raise(SIGKILL);
          return changed;
        });
        if (status != 0 && status != SIGKILL) return 1;
      }
      return 0;
    }));
  for (const pid_t child : children) {
    int status;
    waitpid(child, &status, 0);
    require(status == 0, "a child {}", describe_status(status));
  }
  wait_until("the end of all hosts", [&] { return sandbox.statistics().hosts == 0; });
});

// Which CPU has a timer whose function has this name; -1: none.
int cpu_of_timer(const std::string& function) {
  std::ifstream list("/proc/timer_list");
  int cpu = -1;
  for (std::string line; std::getline(list, line);) {
    if (line.rfind("cpu: ", 0) == 0) cpu = std::stoi(line.substr(5));
    if (line.find(function) != line.npos) return cpu;
  }
  return -1;
}

void stay_on(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  require(sched_setaffinity(0, sizeof set, &set) == 0, "no CPU {}", cpu);
}

// A CPU goes in the middle of a budget and comes back: what holds its upcalls to their budgets is
// on that CPU again, and not where it was moved to.
const RegisterCheck cpu_returns("cpu_returns", [] {
  Loaded module;
  const auto set_online = [](const char* word) {
    std::ofstream file("/sys/devices/system/cpu/cpu1/online");
    file << word << std::flush;
    require(file.good(), "a CPU cannot be switched");
  };
  in_child([&] {
    UlsSandbox sandbox;
    sandbox.join();
    Extension extension(sandbox, extension_count);
    extension.bind_software();
    stay_on(1);
    require(extension.raise() == 0 && extension.count() == 1, "no upcall");
    require(cpu_of_timer("run_out") == 1, "no timer for the budget");
    stay_on(0);
    set_online("0");
    set_online("1");
    stay_on(1);
    require(extension.raise() == 0 && extension.count() == 2, "no upcall on a CPU that came back");
    require(cpu_of_timer("run_out") == 1, "the budget's timer is on CPU {}",
            cpu_of_timer("run_out"));
    stay_on(0);
  });
});

}  // namespace
}  // namespace osext::test
