// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/abort_cell.h"

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "benchmarks/mechanisms/stamp_clock.h"

namespace osext {

std::uint64_t budget_ns_of(const Params& params) {
  constexpr std::uint64_t kNsPerUs = 1000;
  return std::stoull(params.at("budget_us")) * kNsPerUs;
}

void measure_runaway(const PlannedCell& plan, Sampler& sampler,
                     const std::function<ExtensionRun(std::uint64_t budget_ns)>& runaway) {
  const std::uint64_t budget_ns = budget_ns_of(plan.cell.params);
  StampClock clock;
  std::vector<ExtensionRun> runs;
  for (std::uint64_t i = 0; i < plan.series.count; ++i) runs.push_back(runaway(budget_ns));
  clock.stop();
  std::vector<std::int64_t> overruns_ns, latencies_ns;
  for (const ExtensionRun& run : runs) {
    const std::int64_t ran_ns = clock.ns_between(run.begin, run.last);
    overruns_ns.push_back(ran_ns - static_cast<std::int64_t>(budget_ns));
    latencies_ns.push_back(clock.ns_between(run.last, run.back));
  }
  sampler.report("overrun_ns", overruns_ns);
  sampler.report("abort_latency_ns", latencies_ns);
  sampler.fact("runaways", static_cast<std::int64_t>(plan.series.count));
  sampler.fact("aborted", static_cast<std::int64_t>(runs.size()));
}

void measure_in_budget(const PlannedCell& plan, Sampler& sampler,
                       const std::function<void(std::uint64_t calls)>& call) {
  constexpr std::uint64_t kCalls = 100;
  call(kCalls);  // once to be warm
  std::vector<std::int64_t> times_ns;
  for (std::uint64_t i = 0; i < plan.series.count; ++i) {
    const std::int64_t begin_ns = now_ns();
    call(kCalls);
    times_ns.push_back(now_ns() - begin_ns);
  }
  sampler.report("time_ns", times_ns, {}, kCalls);
}

}  // namespace osext
