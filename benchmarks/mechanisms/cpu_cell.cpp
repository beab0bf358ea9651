// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/cpu_cell.h"

#include <fmt/core.h>
#include <osext/cpu_service.h>

#include <cstdlib>
#include <stdexcept>

#include "workloads/cpu_service.h"

namespace osext {
namespace {

// Percentages and points are counted in thousandths: a value covers a thousand of them.
constexpr std::uint64_t kThousandths = 1000;

void report_task(const CpuTask& task, const CpuShares& shares, Sampler& sampler) {
  const std::int64_t target = task.target_share();
  std::vector<std::int64_t> errors;
  std::int64_t violations = 0;
  for (const std::int64_t had : shares.each_second) {
    errors.push_back(std::abs(had - target));
    if (errors.back() > kToleratedPoints) ++violations;
  }
  const Params labels = {{"task", task.name}};
  sampler.report("utilization_percent", shares.each_second, labels, kThousandths);
  sampler.report("abs_error_points", errors, labels, kThousandths);
  sampler.report("violations", std::vector{violations}, labels);
  const Params bursts = {{"task", task.name}, {"when", "bursts"}};
  const std::int64_t error = std::abs(shares.in_bursts - target);
  sampler.report("utilization_percent", std::vector{shares.in_bursts}, bursts, kThousandths);
  sampler.report("abs_error_points", std::vector{error}, bursts, kThousandths);
  sampler.fact(fmt::format("{}_priority", task.name), task.priority());
  sampler.fact(fmt::format("{}_target_thousandths", task.name), target);
}

}  // namespace

unsigned pid_form_of(const Params& params) {
  const std::string& form = params.at("pid");
  if (form == "printed") return OSEXT_CPU_PID_PRINTED;
  if (form == "textbook") return OSEXT_CPU_PID_TEXTBOOK;
  throw std::runtime_error(fmt::format("'{}' is no PID function", form));
}

void measure_cpu_service(const PlannedCell& plan, const Environment& env, Sampler& sampler,
                         CpuManager* manager) {
  const CpuServiceResult result = cpu_service(plan.window, env.seed, manager);
  if (result.bursts_ns == 0) throw std::runtime_error("no burst fell into the window");
  for (std::size_t i = 0; i < kCpuTasks.size(); ++i)
    report_task(kCpuTasks[i], result.tasks[i], sampler);
  const Params hog = {{"task", kHogName}};
  sampler.report("utilization_percent", result.hog.each_second, hog, kThousandths);
  sampler.report("overhead_percent", std::vector{result.manager_share}, {}, kThousandths);
  sampler.fact("bursts_ns", result.bursts_ns);
  sampler.fact("kernel_daemons", static_cast<std::int64_t>(result.kernel_daemons));
  sampler.fact("kernel_daemon_priority", OSEXT_CPU_DAEMON_PRIORITY);
  sampler.fact("hog_priority", OSEXT_CPU_HOG_PRIORITY);
  if (manager == nullptr) return;
  if (plan.cell.params.contains("pid")) {
    sampler.fact("pid_kp_1024ths", OSEXT_CPU_KP);
    sampler.fact("pid_ki_1024ths", OSEXT_CPU_KI);
    sampler.fact("pid_kd_1024ths", OSEXT_CPU_KD);
  }
  for (const auto& [name, count] : manager->counters()) sampler.fact(name, count);
}

}  // namespace osext
