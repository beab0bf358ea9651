// SPDX-License-Identifier: GPL-2.0
#include "workloads/nanosleep.h"

#include <fmt/core.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "workloads/background.h"
#include "workloads/clock.h"
#include "workloads/scheduling.h"

namespace osext {
namespace {

constexpr std::int64_t kShortestNs = 100;
constexpr std::int64_t kLongestNs = 100 * kNsPerMs;

}  // namespace

void require_timers(bool high_resolution) {
  if ((timer_resolution_ns() == 1) != high_resolution)
    throw std::runtime_error(
        fmt::format("the kernel's timers have a resolution of {} ns", timer_resolution_ns()));
}

std::int64_t requested_sleep_ns(std::uint64_t call, std::uint64_t calls) {
  if (calls < 2) return kShortestNs;
  const std::int64_t step_ns = kLongestNs / static_cast<std::int64_t>(calls - 1);
  return kShortestNs + static_cast<std::int64_t>(call) * step_ns;
}

std::int64_t oversleep_ns(std::int64_t requested_ns) {
  const timespec request{requested_ns / kNsPerSecond, requested_ns % kNsPerSecond};
  const std::int64_t begin_ns = now_ns();
  const int error = nanosleep(&request, nullptr) != 0 ? errno : 0;
  const std::int64_t end_ns = now_ns();
  if (error != 0) throw std::system_error(error, std::generic_category(), "nanosleep");
  return end_ns - begin_ns - requested_ns;
}

void measure_sleeps(std::span<std::int64_t> jitter_ns) {
  for (std::size_t i = 0; i < jitter_ns.size(); ++i)
    jitter_ns[i] = oversleep_ns(requested_sleep_ns(i, jitter_ns.size()));
}

void report_sleeps(Sampler& sampler, std::span<const std::int64_t> jitter_ns,
                   std::int64_t background_loops_per_ms) {
  std::vector<std::int64_t> requested_ns;
  for (std::size_t i = 0; i < jitter_ns.size(); ++i)
    requested_ns.push_back(requested_sleep_ns(i, jitter_ns.size()));
  report_sleeps(sampler, requested_ns, jitter_ns, background_loops_per_ms);
}

void report_sleeps(Sampler& sampler, std::span<const std::int64_t> requested_ns,
                   std::span<const std::int64_t> jitter_ns, std::int64_t background_loops_per_ms) {
  sampler.report("requested_ns", requested_ns);
  sampler.report("jitter_ns", jitter_ns);
  sampler.report("background_loops_per_ms", std::vector{background_loops_per_ms});
  sampler.fact("clock_tick_ns", clock_tick_ns());
  sampler.fact("timer_resolution_ns", timer_resolution_ns());
}

void nanosleep_jitter(Sampler& sampler, const Nanosleep& wanted) {
  require_timers(wanted.high_resolution);
  std::vector<std::int64_t> jitter_ns(wanted.calls);
  const Scheduling scheduling(Policy::other);
  const Background background(wanted.background);
  background.until_each_has_run();
  const Throughput throughput(background);
  measure_sleeps(jitter_ns);
  report_sleeps(sampler, jitter_ns, throughput.loops_per_ms());
}

}  // namespace osext
