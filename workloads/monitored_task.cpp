// SPDX-License-Identifier: GPL-2.0
#include "workloads/monitored_task.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <stdexcept>

#include "workloads/proc_time.h"

namespace osext {

MonitoredTask::MonitoredTask(const ManagedTask& task, unsigned form)
    : pid_(task.pid), priority_(task.priority), path_(fmt::format("/proc/{}/stat", task.pid)) {
  state_.target_ns = static_cast<__u64>(task.target_ns);
  state_.period_samples = static_cast<__u32>(task.period_ns / OSEXT_CPU_SAMPLE_NS);
  state_.form = form;
  if (state_.period_samples == 0 || state_.period_samples >= OSEXT_CPU_HISTORY)
    throw std::runtime_error(
        fmt::format("{}: no period for a manager that looks every 10 ms", task.name));
  osext_cpu_begin(&state_, static_cast<__u64>(read_cpu_ns()));
}

std::int64_t MonitoredTask::read_cpu_ns() const {
  char text[512];
  const int file = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  const ssize_t length = file < 0 ? -1 : read(file, text, sizeof text);
  if (file >= 0) close(file);
  const std::int64_t cpu_ns =
      length <= 0 ? -1 : stat_cpu_ns({text, static_cast<std::size_t>(length)});
  if (cpu_ns < 0) throw std::runtime_error(path_ + " does not say the process's CPU time");
  return cpu_ns;
}

bool MonitoredTask::decide(std::int64_t cpu_ns, unsigned samples) {
  return osext_cpu_sample(&state_, static_cast<__u64>(cpu_ns), samples) != 0;
}

}  // namespace osext
