// SPDX-License-Identifier: GPL-2.0
#include "workloads/kernel_daemons.h"

#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace osext {
namespace {

constexpr unsigned long kKernelThread = 0x00200000;  // PF_KTHREAD of field 9 of /proc/PID/stat

bool is_kernel_thread(const std::filesystem::path& process) {
  std::string stat;
  std::getline(std::ifstream(process / "stat"), stat);
  const std::size_t paren = stat.rfind(')');
  if (paren == std::string::npos) return false;
  std::istringstream fields(stat.substr(paren + 1));
  std::string state;
  long skipped;
  unsigned long flags = 0;
  fields >> state;
  for (int i = 0; i < 5; ++i) fields >> skipped;  // ppid, pgrp, session, tty_nr, tpgid
  fields >> flags;
  return fields && (flags & kKernelThread) != 0;
}

}  // namespace

KernelDaemons::KernelDaemons(int priority) {
  sched_param wanted{};
  wanted.sched_priority = priority;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (std::isdigit(static_cast<unsigned char>(name.front())) == 0) continue;
    const auto pid = static_cast<pid_t>(std::stol(name));
    if (sched_getscheduler(pid) != SCHED_OTHER || !is_kernel_thread(entry.path())) continue;
    if (sched_setscheduler(pid, SCHED_FIFO, &wanted) == 0) threads_.push_back(pid);
  }
  if (threads_.empty()) throw std::runtime_error("no kernel thread's priority can be set");
}

KernelDaemons::~KernelDaemons() {
  const sched_param ordinary{};
  for (const pid_t thread : threads_) sched_setscheduler(thread, SCHED_OTHER, &ordinary);
}

}  // namespace osext
