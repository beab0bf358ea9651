// SPDX-License-Identifier: GPL-2.0
#include "kmod_safex/cpu/host/service.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace osext {
namespace {

// One run a sample for each thread, and some more.
SafexReservation reservation_for(std::uint32_t threads, std::chrono::nanoseconds budget) {
  return {.mode = OSEXT_SAFEX_HRTIMER,
          .budget_ns = static_cast<std::uint64_t>(budget.count()),
          .period_ns = OSEXT_SAFEX_CPU_SAMPLE_NS * 10,
          .invocations = 12 * threads};
}

void use(const SafexFile& task, const SafexExtension& extension, std::uint32_t set,
         std::uint32_t rights, std::uint32_t event) {
  osext_safex_grant grant{extension.descriptor(), set, 0, rights};
  safex_request(task.get(), OSEXT_SAFEX_GRANT, &grant, "granting access to a thread's class");
  osext_safex_bind bind{OSEXT_SAFEX_EVENT, set, task.get(), event, 0};
  safex_request(extension.descriptor(), OSEXT_SAFEX_BIND, &bind, "binding to a thread's class");
}

}  // namespace

SafexCpuService::SafexCpuService(SafexProgram monitor, SafexProgram handler, std::uint32_t form,
                                 std::uint32_t threads, std::chrono::nanoseconds budget)
    : monitor_program_(std::move(monitor)),
      handler_program_(std::move(handler)),
      monitor_(monitor_program_, reservation_for(threads, budget)),
      handler_(handler_program_, reservation_for(threads, budget)) {
  handler_program_.write("form", &form, sizeof form);
}

void SafexCpuService::manage(pid_t thread, std::chrono::nanoseconds target,
                             std::chrono::nanoseconds period, std::uint32_t flags) {
  CpuReservation reservation(thread, target, period, flags);
  SafexFile task(safex_request(reservation.descriptor(), OSEXT_SAFEX_CPU_CLASS, nullptr,
                               "making a thread's class"));
  const auto set = static_cast<std::uint32_t>(threads_.size());
  use(task, handler_, set, OSEXT_SAFEX_READ | OSEXT_SAFEX_WRITE, OSEXT_SAFEX_CPU_ERROR);
  use(task, monitor_, set, OSEXT_SAFEX_READ | OSEXT_SAFEX_RAISE, OSEXT_SAFEX_CPU_SAMPLE);
  threads_.push_back({std::move(reservation), std::move(task)});
}

std::vector<osext_safex_cpu_statistics> SafexCpuService::threads() const {
  std::vector<osext_safex_cpu_statistics> result;
  std::transform(threads_.begin(), threads_.end(), std::back_inserter(result),
                 [](const Thread& one) { return one.reservation.statistics(); });
  return result;
}

}  // namespace osext
