// SPDX-License-Identifier: GPL-2.0
// A watched host is stopped while the signal of its fault is held back, and who watches goes: the
// signal comes all the same. It is of a breakpoint, for other faults would happen again.
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "tests/uls/guest/injected.h"

namespace osext::test {
namespace {

constexpr std::size_t kHosts = 48;

volatile sig_atomic_t breakpoints;

// Part of held_signals, injected: waits for a byte that says when it is to be stopped, in steps of
// 100 ns from the timer's start on; the breakpoint follows the start at once.
const RegisterCheck breaks("stops_at_breakpoint", [] {
  signal(SIGTRAP, [](int) { breakpoints = breakpoints + 1; });
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGSTOP;
  timer_t timer;
  require(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "no timer");
  unsigned char step;
  require(read(0, &step, 1) == 1, "no step");
  itimerspec when{};
  when.it_value.tv_nsec = 100L * step;
  timer_settime(timer, 0, &when, nullptr);
  asm volatile("int3" ::: "memory");
  const int came = breakpoints;
  do timer_gettime(timer, &when);
  while (when.it_value.tv_nsec != 0);
  require(came == 1, "{} signals of a breakpoint", came);
});

struct Host {
  pid_t process;
  int step;  // a pipe's end
};

Host start_host() {
  int pipes[2];
  require(pipe(pipes) == 0, "pipe failed");
  const pid_t process = start_child([&] {
    dup2(pipes[0], 0);
    close(pipes[1]);
    const auto self = fmt::format("/proc/{}/exe", getpid());
    execl(self.c_str(), "uls-guest", "1", module_path.c_str(), "stops_at_breakpoint", nullptr);
    return 98;
  });
  close(pipes[0]);
  wait_until("the program", [&] { return is_mapped(process) && is_asleep(process); });
  return {process, pipes[1]};
}

void stop_all(const std::vector<Host>& hosts) {
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const auto step = static_cast<unsigned char>(i + 1);
    require(write(hosts[i].step, &step, 1) == 1, "write failed");
    int status;
    require(waitpid(hosts[i].process, &status, WUNTRACED) == hosts[i].process && WIFSTOPPED(status),
            "host {} {}", i, describe_status(status));
  }
}

void go_on(const std::vector<Host>& hosts) {
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    kill(hosts[i].process, SIGCONT);
    int status;
    waitpid(hosts[i].process, &status, 0);
    require(status == 0, "the host stopped {} ns after its timer's start {}", 100 * (i + 1),
            describe_status(status));
    close(hosts[i].step);
  }
}

void watch_and_stop(const std::vector<Host>& hosts) {
  UlsSandbox sandbox;
  std::vector<Extension> extensions;
  for (std::size_t i = 0; i < kHosts; ++i) {
    if (i % OSEXT_ULS_BINDINGS_MAX == 0) extensions.emplace_back(sandbox, extension_details);
    UlsBinding binding{OSEXT_ULS_FAULT, static_cast<std::uint32_t>(i), 0, 8};
    binding.pid = static_cast<std::uint64_t>(hosts[i].process);
    sandbox.bind(extensions.back().id, binding);
  }
  stop_all(hosts);
  // Who is stopped between its fault and the way to user mode leaves the upcall to others.
  std::uint64_t by_others = 0;
  for (Extension& extension : extensions) {
    const std::uint64_t upcalls = extension.count();
    by_others += extension.statistics().events - upcalls;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(upcalls, 24); ++i) {
      const osext_uls_record record = extension.record(i);
      by_others += record.pid != record.about.fault.pid;
    }
  }
  require(by_others > 0 || sysconf(_SC_NPROCESSORS_ONLN) > 1, "no host is stopped at the right time");
}  // the extensions go here

void hold(bool unload_module) {
  std::vector<Host> hosts;
  {
    Loaded module("inject=all");
    for (std::size_t i = 0; i < kHosts; ++i) hosts.push_back(start_host());
    watch_and_stop(hosts);
    if (!unload_module) go_on(hosts);
  }
  if (unload_module) go_on(hosts);
}

const RegisterCheck held_signals("held_signals", [] {
  hold(false);
  hold(true);
});

}  // namespace
}  // namespace osext::test
