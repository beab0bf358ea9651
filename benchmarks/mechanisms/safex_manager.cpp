// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/safex_manager.h"

#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>

#include "benchmarks/mechanisms/safex_programs.h"

namespace osext {

void SafexManager::start(std::span<const ManagedTask> tasks) {
  service_.emplace(safex_cpu_monitor(), safex_cpu_handler(), pid_form_,
                   static_cast<std::uint32_t>(tasks.size()));
  for (const ManagedTask& task : tasks)
    service_->manage(task.pid, std::chrono::nanoseconds(task.target_ns),
                     std::chrono::nanoseconds(task.period_ns));
}

void SafexManager::stop() {
  counters_.clear();
  for (const osext_safex_cpu_statistics& thread : service_->threads()) {
    counters_["samples"] += static_cast<std::int64_t>(thread.samples);
    counters_["unsafe"] += static_cast<std::int64_t>(thread.unsafe);
    counters_["unsafe_blocked"] += static_cast<std::int64_t>(thread.unsafe_blocked);
    counters_["raised"] += static_cast<std::int64_t>(thread.raises);
    counters_["lowered"] += static_cast<std::int64_t>(thread.lowers);
    counters_["blocks"] += static_cast<std::int64_t>(thread.blocks);
    counters_["trimmed"] += static_cast<std::int64_t>(thread.trimmed);
    const auto [least, first] = counters_.emplace("least_timeslice_ns", thread.least_timeslice_ns);
    least->second = std::min<std::int64_t>(least->second, thread.least_timeslice_ns);
    if (thread.refused != 0)
      throw std::runtime_error(fmt::format("{} changes of priority refused", thread.refused));
  }
  for (const osext_safex_statistics& extension : {service_->monitor(), service_->handler()}) {
    counters_[fmt::format("{}_runs", extension.name)] = static_cast<std::int64_t>(extension.runs);
    if (extension.aborts != 0 || extension.throttled != 0 || extension.cut != 0)
      throw std::runtime_error(fmt::format("{}: {} aborts, {} runs left out, {} events cut",
                                           extension.name, extension.aborts, extension.throttled,
                                           extension.cut));
  }
  service_.reset();
}

std::int64_t SafexManager::cpu_ns() {
  const osext_safex_cpu_list list = cpu_reservations();
  return static_cast<std::int64_t>(list.busy_ns + list.changing_ns);
}

std::map<std::string, std::int64_t> SafexManager::counters() {
  return counters_;
}

}  // namespace osext
