// SPDX-License-Identifier: GPL-2.0
// Child: the other process of a workload.
#pragma once

#include <sys/types.h>

#include <functional>

namespace osext {

class Child {
 public:
  // Forks a process that runs `body` and exits with 0, or with 1 if it throws.  It dies with its
  // parent.  Throws std::system_error when it cannot fork.
  explicit Child(const std::function<void()>& body);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();  // kills and reaps it

  pid_t pid() const { return pid_; }

  // Returns once the child sleeps in the kernel: so that each operation starts from the same state,
  // with the other side blocked.  Leaves the CPU to it meanwhile.  Throws std::runtime_error when
  // it is gone or never blocks.
  void until_blocked();

  // Waits for its end; throws std::runtime_error unless it exited with 0.
  void join();

 private:
  pid_t pid_ = -1;
  int stat_ = -1;  // its /proc/PID/stat, kept open
};

}  // namespace osext
