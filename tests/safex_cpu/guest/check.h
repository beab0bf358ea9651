// SPDX-License-Identifier: GPL-2.0
// What the checks of the CPU service manager have in common: children that burn CPU time, and what
// the scheduler says of them.
#pragma once

#include <sched.h>

#include <chrono>
#include <cstdint>
#include <functional>

#include "kmod_safex/cpu/host/reservation.h"
#include "tests/checks/guest.h"

namespace osext::test {

extern std::string module_path;

// Keeps the module loaded while it lives; the end fails the check if the module stays.
class Loaded : public LoadedModule {
 public:
  explicit Loaded(const std::string& parameters = "")
      : LoadedModule(module_path, "osext_safex", parameters) {}
};

using std::chrono::milliseconds;

// A child that runs `body`, by default burning CPU time for good, on the last CPU, and is killed in
// the end.  It is about to run `body` when this returns.
class Child {
 public:
  explicit Child(const std::function<void()>& body = {});
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  pid_t pid() const { return pid_; }
  // SCHED_FIFO or SCHED_RR with a priority, or another with a nice value.
  void schedule(int policy, int priority);
  // Kills it and waits for its end; what waitpid() says.
  int kill_and_wait(int signal = 9);
  std::uint64_t cpu_ns() const;
  // 'R', 'S', 'D', 'T', 't', 'Z' of /proc.
  char state() const;

 private:
  pid_t pid_;
  bool over_ = false;
};

// Never returns.
void burn();

// How a thread is scheduled: policy with its reset-on-fork flag, and priority or nice value.
struct Scheduling {
  int policy, priority, nice;
  bool operator==(const Scheduling&) const = default;
};
Scheduling scheduling_of(pid_t thread);

// Lets `samples` of the manager pass, however long they take.
void wait_for_samples(const CpuReservation& reservation, std::uint64_t samples);
void wait_for_periods(const CpuReservation& reservation, std::uint64_t periods);
void wait_for_block(const CpuReservation& reservation);

// SCHED_FIFO 99 for this process, until they say otherwise for its children, too, and nobody is
// throttled, while it lives: so that nothing that burns keeps a check from going on.
class AboveAll {
 public:
  AboveAll();
  ~AboveAll();

 private:
  std::string throttling_;
};

}  // namespace osext::test
