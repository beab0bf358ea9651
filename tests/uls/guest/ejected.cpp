// SPDX-License-Identifier: GPL-2.0
// Unloading while injected processes live: whatever they do, and whatever they have made of their
// threads, they are as before and the module is gone.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "tests/uls/guest/injected.h"

namespace osext::test {
namespace {

// They sleep, run, come and go.
void eject(int sleepers, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    std::vector<pid_t> processes;
    pid_t busy = 0, shell = 0;
    {
      Loaded module("inject=all");
      for (int i = 0; i < sleepers; ++i) processes.push_back(start_sleeper());
      busy = start_child([] {
        execl("/bin/busybox", "busybox", "sh", "-c", "while :; do :; done", nullptr);
        return 98;
      });
      shell = start_child([] {
        execl("/bin/busybox", "busybox", "sh", "-c", "while :; do (:); busybox true; done",
              nullptr);
        return 98;
      });
      UlsSandbox sandbox;
      Extension extension(sandbox, extension_count);
      extension.bind_timer(100'000);
      wait_until("upcalls", [&] { return extension.count() > 20; });
      require(sandbox.statistics().hosts >= static_cast<std::uint64_t>(sleepers) + 1, "{} hosts",
              sandbox.statistics().hosts);
      if (round % 2) kill(processes.front(), SIGSTOP);
    }  // the module goes here
    for (const pid_t process : processes)
      require(!is_mapped(process) && kill(process, 0) == 0, "a process still has the sandbox");
    require(!is_mapped(busy), "a process that runs still has the sandbox");
    kill(processes.front(), SIGCONT);
    processes.push_back(busy);
    processes.push_back(shell);
    for (const pid_t process : processes) end(process);
  }
}

const RegisterCheck ejected("ejected", [] { eject(8, 3); });
const RegisterCheck ejected_many("ejected_many", [] { eject(1000, 1); });

// This program with a check, under upcalls; it sleeps when the module goes.
void eject_asleep(const char* check) {
  int pipes[2];
  pid_t process;
  require(pipe(pipes) == 0, "pipe failed");
  {
    Loaded module("inject=all");
    UlsSandbox sandbox;
    Extension extension(sandbox, extension_count);
    extension.bind_timer(50'000);
    process = start_child([&] {
      dup2(pipes[1], 1);
      const auto self = fmt::format("/proc/{}/exe", getpid());
      execl(self.c_str(), "uls-guest", "1", module_path.c_str(), check, nullptr);
      return 98;
    });
    char byte;
    require(read(pipes[0], &byte, 1) == 1 && byte == '.', "{} does not begin", check);
    wait_until("its sleep", [&] { return is_asleep(process); });
    require(is_mapped(process), "{} is not injected", check);
    sandbox.unload(extension.id);
  }  // the module goes here
  require(!is_mapped(process) && is_asleep(process), "{} is not as before", check);
  end(process);
  close(pipes[0]);
  close(pipes[1]);
}

const RegisterCheck ejected_asleep("ejected_asleep", [] {
  for (int i = 0; i < 5; ++i) eject_asleep("sleeping_writer");
  eject_asleep("sleeping_heirs");
});

// Part of ejected_asleep: events come while it is in a system call that first has much to do and
// then sleeps.
const RegisterCheck writer("sleeping_writer", [] {
  int pipes[2];
  require(pipe(pipes) == 0 && fcntl(pipes[1], F_SETPIPE_SZ, 1 << 20) > 0, "no pipe");
  static char data[2 << 20];
  require(write(1, ".", 1) == 1, "write failed");
  const ssize_t written = write(pipes[1], data, sizeof data);
  require(false, "{} bytes go into a pipe", written);
});

// Part of ejected_asleep: its first thread, the host, has ended, and another one lives.
const RegisterCheck heirs("sleeping_heirs", [] {
  std::thread([] {
    wait_until("the host's end", [] { return UlsSandbox().statistics().hosts == 0; });
    if (write(1, ".", 1) == 1)
      for (;;) pause();
  }).detach();
  syscall(SYS_exit, 0);
});

}  // namespace
}  // namespace osext::test
