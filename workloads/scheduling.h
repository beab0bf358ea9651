// SPDX-License-Identifier: GPL-2.0
// Scheduling: how Linux schedules the calling process and what it forks, while this object lives.
#pragma once

#include <sched.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace osext {

enum class Policy { other, round_robin };

class Scheduling {
 public:
  // Throws std::system_error where the right to a real-time policy is missing.
  explicit Scheduling(Policy policy) {
    sched_getparam(0, &old_param_);
    old_policy_ = sched_getscheduler(0);
    sched_param param{};
    param.sched_priority = policy == Policy::round_robin ? kPriority : 0;
    if (sched_setscheduler(0, policy == Policy::round_robin ? SCHED_RR : SCHED_OTHER, &param) != 0)
      throw std::system_error(errno, std::generic_category(), "cannot change the policy");
  }
  Scheduling(const Scheduling&) = delete;
  Scheduling& operator=(const Scheduling&) = delete;
  ~Scheduling() { sched_setscheduler(0, old_policy_, &old_param_); }

 private:
  static constexpr int kPriority = 10;  // above all else that runs there, the same for everyone
  int old_policy_;
  sched_param old_param_;
};

}  // namespace osext
