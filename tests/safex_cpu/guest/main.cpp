// SPDX-License-Identifier: GPL-2.0
// safex-cpu-guest SEED MODULE CHECK[:ROUNDS]...: runs the checks, a line of output each; status 0
// if all hold.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <ctime>
#include <fstream>
#include <new>

#include "tests/safex_cpu/guest/check.h"

namespace osext::test {

std::string module_path;

// No-ops, which a simulated machine executes in next to no time of its host.
void burn() {
  for (;;) asm volatile(".rept 480; nop; .endr");
}

Child::Child(const std::function<void()>& body) {
  struct Shared {
    std::atomic<bool> started, go;
  };
  void* memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  require(memory != MAP_FAILED, "mmap failed");
  auto* shared = new (memory) Shared{};
  pid_ = start_child([&] {
    cpu_set_t last;
    CPU_ZERO(&last);
    CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &last);
    sched_setaffinity(0, sizeof last, &last);
    close_range(3, ~0U, 0);  // others' reservations end without it
    shared->started = true;
    while (!shared->go) usleep(100);
    body ? body() : burn();
    return 0;
  });
  wait_until("a child's start", [&] { return shared->started.load(); });
  const sched_param ordinary{};
  sched_setscheduler(pid_, SCHED_OTHER, &ordinary);
  shared->go = true;
  munmap(memory, sizeof(Shared));
}

Child::~Child() {
  if (!over_) kill_and_wait();
}

int Child::kill_and_wait(int signal) {
  int status = 0;
  over_ = true;
  kill(pid_, signal);
  // Dying takes CPU time, too, which somebody may be in the way of.
  const sched_param high{98};
  if (signal == SIGKILL) sched_setscheduler(pid_, SCHED_FIFO, &high);
  require(waitpid(pid_, &status, 0) == pid_, "waitpid failed");
  return status;
}

void Child::schedule(int policy, int priority) {
  const bool real_time =
      (policy & ~SCHED_RESET_ON_FORK) == SCHED_FIFO || (policy & ~SCHED_RESET_ON_FORK) == SCHED_RR;
  const sched_param parameters{real_time ? priority : 0};
  require(sched_setscheduler(pid_, policy, &parameters) == 0, "sched_setscheduler failed");
  require(real_time || setpriority(PRIO_PROCESS, pid_, priority) == 0, "setpriority failed");
}

std::uint64_t Child::cpu_ns() const {
  clockid_t clock;
  timespec time;
  require(clock_getcpuclockid(pid_, &clock) == 0 && clock_gettime(clock, &time) == 0,
          "no CPU clock");
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

char Child::state() const {
  std::ifstream file(fmt::format("/proc/{}/stat", pid_));
  std::string line;
  std::getline(file, line);
  return line.at(line.rfind(')') + 2);
}

Scheduling scheduling_of(pid_t thread) {
  sched_param parameters{};
  sched_getparam(thread, &parameters);
  return {sched_getscheduler(thread), parameters.sched_priority,
          getpriority(PRIO_PROCESS, static_cast<id_t>(thread))};
}

void wait_for_samples(const CpuReservation& reservation, std::uint64_t samples) {
  const std::uint64_t until = reservation.statistics().samples + samples;
  wait_until("samples", [&] { return reservation.statistics().samples >= until; });
}

void wait_for_periods(const CpuReservation& reservation, std::uint64_t periods) {
  const std::uint64_t until = reservation.statistics().periods + periods;
  wait_until("periods", [&] { return reservation.statistics().periods >= until; });
}

void wait_for_block(const CpuReservation& reservation) {
  wait_until("a block",
             [&] { return (reservation.statistics().state & OSEXT_SAFEX_CPU_BLOCKED) != 0; });
}

namespace {
constexpr const char* kThrottling = "/proc/sys/kernel/sched_rt_runtime_us";
}

AboveAll::AboveAll() {
  std::getline(std::ifstream(kThrottling), throttling_);
  std::ofstream(kThrottling) << -1 << std::flush;
  const sched_param highest{99};
  require(sched_setscheduler(0, SCHED_FIFO, &highest) == 0, "no real-time priority");
}

AboveAll::~AboveAll() {
  const sched_param ordinary{};
  sched_setscheduler(0, SCHED_OTHER, &ordinary);
  std::ofstream(kThrottling) << throttling_ << std::flush;
}

}  // namespace osext::test

int main(int count, char** arguments) {
  using namespace osext::test;
  if (count < 4) return 2;
  module_path = arguments[2];
  return run_checks(arguments[1], {arguments + 3, arguments + count});
}
