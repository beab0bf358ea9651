// SPDX-License-Identifier: GPL-2.0
// A child process that cannot be left behind: it is killed and reaped when its
// owner goes out of scope, and the kernel kills it when this process dies, however
// that happens.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "machine/vm/descriptor.h"

namespace osext {

using Deadline = std::chrono::steady_clock::time_point;
inline Deadline deadline_in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}
// Milliseconds left, for poll(): never negative.
int remaining_ms(Deadline deadline);

struct SpawnOptions {
  std::vector<std::string> argv;
  std::vector<int> keep;  // descriptors the child inherits under their numbers
  int input = -1;         // -1: /dev/null; else becomes descriptor 0
  int output = -1;        // becomes 1 and 2; -1: inherited
  bool own_group = true;  // Ctrl-C on the terminal then reaches only the parent
  std::string folder;     // working directory, "" for the same
};

class Process {
 public:
  // Throws MachineError if the program cannot be started.  The child dies with
  // the calling *thread*: keep the Process in it.
  explicit Process(const SpawnOptions& options);
  Process(const Process&) = delete;
  ~Process() { kill_and_reap(); }

  pid_t pid() const { return pid_; }
  // The status as waitpid() reports it, or nothing if the deadline came first.
  std::optional<int> wait_until(Deadline deadline);
  // Kills the child and, if it has a group of its own, the whole group.
  void kill_and_reap();

 private:
  std::optional<int> status_;
  pid_t pid_ = -1;
  bool own_group_;
  Descriptor pidfd_;
};

}  // namespace osext
