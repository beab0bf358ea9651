// SPDX-License-Identifier: GPL-2.0
#include "workloads/softirq_thread.h"

#include <cctype>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace osext {
namespace {

pid_t find_thread(const std::string& wanted) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (std::isdigit(static_cast<unsigned char>(name.front())) == 0) continue;
    std::string comm;
    std::getline(std::ifstream(entry.path() / "comm"), comm);
    if (comm == wanted) return static_cast<pid_t>(std::stol(name));
  }
  throw std::runtime_error("there is no thread " + wanted);
}

}  // namespace

SoftirqPriority::SoftirqPriority(int priority) : thread_(find_thread("ksoftirqd/0")) {
  policy_ = sched_getscheduler(thread_);
  sched_getparam(thread_, &parameter_);
  sched_param wanted{};
  wanted.sched_priority = priority;
  if (policy_ < 0 || sched_setscheduler(thread_, SCHED_FIFO, &wanted) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot set ksoftirqd's priority");
}

SoftirqPriority::~SoftirqPriority() {
  sched_setscheduler(thread_, policy_, &parameter_);
}

}  // namespace osext
