// SPDX-License-Identifier: GPL-2.0
// What happens to a managed thread meanwhile: signals, stops, tracing, execve, forks, its end; and
// that afterwards everything is as it was.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>

#include "tests/safex_cpu/guest/check.h"

namespace osext::test {
namespace {

// 2 ms of 2 s: blocked nearly all the time.
CpuReservation nearly_nothing(pid_t pid, std::uint32_t flags = OSEXT_SAFEX_CPU_RAISE) {
  return CpuReservation(pid, milliseconds(2), milliseconds(2000), flags);
}

void killed_while_blocked() {
  Loaded module;
  Child child;
  const CpuReservation reservation = nearly_nothing(child.pid());
  wait_for_block(reservation);
  const int status = child.kill_and_wait();
  require(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "{}", describe_status(status));
  require(reservation.statistics().periods < 2, "it waited for its period");
  require((reservation.statistics().state & OSEXT_SAFEX_CPU_ALIVE) == 0, "it is not dead");
  require(reservation.statistics().pid == 0, "it still has a number");
}

// A signal with a handler waits for the period, and is not lost.
void signal_waits() {
  Loaded module;
  Child child([] {
    signal(SIGUSR1, [](int) { _exit(7); });
    burn();
  });
  CpuReservation reservation(child.pid(), milliseconds(2), milliseconds(500));
  wait_for_block(reservation);
  kill(child.pid(), SIGUSR1);
  wait_for_samples(reservation, 3);
  int status = 0;
  require(waitpid(child.pid(), &status, WNOHANG) == 0, "it ran while it was blocked");
  reservation.end();
  status = child.kill_and_wait(0);
  require(WIFEXITED(status) && WEXITSTATUS(status) == 7, "{}", describe_status(status));
}

void stopped() {
  Loaded module;
  Child child;
  const CpuReservation reservation(child.pid(), milliseconds(5), milliseconds(50));
  for (int i = 0; i < 10; ++i) {
    kill(child.pid(), SIGSTOP);
    wait_until("the stop", [&] { return child.state() == 'T'; });
    wait_for_periods(reservation, 2);
    require(child.state() == 'T', "stopped, the manager makes it go on: {}", child.state());
    const std::uint64_t used = reservation.statistics().used_ns;
    kill(child.pid(), SIGCONT);
    wait_until("going on", [&] { return reservation.statistics().used_ns > used; });
  }
}

void traced() {
  Loaded module;
  Child child;
  const CpuReservation reservation(child.pid(), milliseconds(5), milliseconds(50));
  for (int i = 0; i < 10; ++i) {
    wait_for_block(reservation);
    require(ptrace(PTRACE_ATTACH, child.pid(), 0, 0) == 0, "cannot attach");
    int status = 0;
    require(waitpid(child.pid(), &status, 0) == child.pid() && WIFSTOPPED(status),
            "it does not stop");
    wait_for_samples(reservation, 7);
    require(child.state() == 't', "traced, the manager makes it go on: {}", child.state());
    require(ptrace(PTRACE_DETACH, child.pid(), 0, 0) == 0, "cannot detach");
  }
}

// Asleep in a system call, it is not woken by whatever the manager does.
void asleep() {
  Loaded module;
  Child child([] {
    for (;;) {
      const timespec long_time = {1000, 0};
      if (nanosleep(&long_time, nullptr) != -1) _exit(8);
      _exit(9);
    }
  });
  wait_until("its sleep", [&] { return child.state() == 'S'; });
  usleep(20'000);  // the sleep, not one before it
  const CpuReservation reservation(child.pid(), milliseconds(5), milliseconds(50));
  wait_for_periods(reservation, 20);
  require(child.state() == 'S', "it does not sleep: {}", child.state());
  require(reservation.statistics().blocks == 0, "it was blocked");
}

// At work in a system call it cannot be blocked, and the end takes the wish back.
void in_kernel() {
  Loaded module;
  Child child([] {
    char buffer[1 << 16];
    const int zero = memfd_create("zero", 0);
    // One long stretch in the kernel after the other, each much longer than a sample.
    for (;;) {
      if (ftruncate(zero, 0) < 0 || fallocate(zero, 0, 0, 96 << 20) < 0) _exit(8);
      if (pread(zero, buffer, sizeof buffer, 0) < 0) _exit(9);
    }
  });
  for (int i = 0; i < 20; ++i) {
    CpuReservation reservation(child.pid(), milliseconds(1), milliseconds(50));
    wait_for_block(reservation);
    reservation.end();
    const std::uint64_t used = child.cpu_ns();
    wait_until("running free", [&] { return child.cpu_ns() > used + 20'000'000; });
  }
}

// A new program is managed on, whichever thread of a process starts it.
void execs() {
  Loaded module;
  Child child([] {
    execl("/bin/busybox", "busybox", "sh", "-c", "while :; do :; done", nullptr);
    _exit(9);
  });
  const CpuReservation reservation(child.pid(), milliseconds(10), milliseconds(50));
  wait_for_periods(reservation, 5);
  require((reservation.statistics().state & OSEXT_SAFEX_CPU_ALIVE) != 0, "it is over");
  require(reservation.statistics().blocks > 0, "it is not blocked any more");
}

// What a raised thread forks is an ordinary process, and nobody blocks it.
void forks() {
  AboveAll above;
  Loaded module;
  auto* child_pid = static_cast<std::atomic<pid_t>*>(
      mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  Child child([&] {
    while (scheduling_of(0).priority != OSEXT_SAFEX_CPU_PRIORITY) continue;
    const pid_t forked = fork();
    if (forked == 0) burn();
    *child_pid = forked;
    burn();
  });
  child.schedule(SCHED_RR, 8);
  {
    const CpuReservation reservation = {child.pid(), milliseconds(20), milliseconds(50)};
    wait_until("a fork", [&] { return child_pid->load() != 0; });
    const Scheduling forked = scheduling_of(*child_pid);
    kill(*child_pid, SIGKILL);
    require(forked.policy == SCHED_OTHER && forked.priority == 0,
            "the forked process has policy {}, priority {}", forked.policy, forked.priority);
  }
  munmap(child_pid, 4096);
}

// The reservation is one thread's: the others of its process are not blocked.
void other_threads() {
  Loaded module;
  Child child([] {
    std::thread other(burn);
    burn();
  });
  const CpuReservation reservation(child.pid(), milliseconds(10), milliseconds(100), 0);
  wait_for_periods(reservation, 3);
  const std::uint64_t process = child.cpu_ns(), one = reservation.statistics().used_ns;
  wait_for_periods(reservation, 10);
  const std::uint64_t all = child.cpu_ns() - process,
                      managed = reservation.statistics().used_ns - one;
  require(managed < all / 2, "the managed thread has {} of {} ns", managed, all);
}

// Raised or lowered, blocked or not: the end gives every thread its own scheduling back.
void restored() {
  AboveAll above;
  Loaded module;
  Child hog;
  hog.schedule(SCHED_FIFO, 96);
  struct Own {
    int policy, value;
  };
  for (const Own& own :
       {Own{SCHED_OTHER, 0}, Own{SCHED_OTHER, 7}, Own{SCHED_BATCH, 3}, Own{SCHED_IDLE, 0},
        Own{SCHED_FIFO, 1}, Own{SCHED_RR, 24}, Own{SCHED_RR | SCHED_RESET_ON_FORK, 24}}) {
    for (const bool raise : {true, false}) {
      Child child;
      child.schedule(own.policy, own.value);
      const Scheduling before = scheduling_of(child.pid());
      CpuReservation reservation(child.pid(), milliseconds(20), milliseconds(50));
      const auto is_raised = [&] {
        return (reservation.statistics().state & OSEXT_SAFEX_CPU_RAISED) != 0;
      };
      wait_until("raising", is_raised);
      if (!raise) wait_until("lowering", [&] { return !is_raised(); });
      reservation.end();
      const Scheduling after = scheduling_of(child.pid());
      require(before == after, "policy {} priority {} nice {} became {} {} {}", before.policy,
              before.priority, before.nice, after.policy, after.priority, after.nice);
    }
  }
}

const RegisterCheck checks[] = {{"killed_while_blocked", killed_while_blocked},
                                {"signal_waits", signal_waits},
                                {"stopped", stopped},
                                {"traced", traced},
                                {"asleep", asleep},
                                {"in_kernel", in_kernel},
                                {"execs", execs},
                                {"forks", forks},
                                {"other_threads", other_threads},
                                {"restored", restored}};

}  // namespace
}  // namespace osext::test
