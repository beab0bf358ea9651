// SPDX-License-Identifier: GPL-2.0
// The kernel's own threads above everything that an experiment runs, as the slides have it.  A
// machine whose processor real-time tasks keep busy for seconds would miss them: grace periods of
// RCU do not end, work is not done.
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <vector>

namespace osext {

// Gives every kernel thread that is not real-time a SCHED_FIFO priority for as long as this object
// lives.  Threads that are born meanwhile are not.
class KernelDaemons {
 public:
  // Throws std::runtime_error when none can be set.
  explicit KernelDaemons(int priority);
  KernelDaemons(const KernelDaemons&) = delete;
  KernelDaemons& operator=(const KernelDaemons&) = delete;
  ~KernelDaemons();

  std::size_t count() const { return threads_.size(); }

 private:
  std::vector<pid_t> threads_;
};

}  // namespace osext
