// SPDX-License-Identifier: GPL-2.0
// ksoftirqd, the thread to which the kernel hands softirqs when there are many, and its priority.
#pragma once

#include <sched.h>
#include <sys/types.h>

namespace osext {

// Gives CPU 0's ksoftirqd a SCHED_FIFO priority, and back what it had.  Throws std::runtime_error
// when there is no such thread, std::system_error when its policy cannot be set.
class SoftirqPriority {
 public:
  explicit SoftirqPriority(int priority);
  SoftirqPriority(const SoftirqPriority&) = delete;
  SoftirqPriority& operator=(const SoftirqPriority&) = delete;
  ~SoftirqPriority();

 private:
  pid_t thread_;
  int policy_;
  sched_param parameter_{};
};

}  // namespace osext
