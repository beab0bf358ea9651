// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/safex_timers.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

#include "benchmarks/mechanisms/safex_programs.h"
#include "workloads/background.h"
#include "workloads/clock.h"
#include "workloads/nanosleep.h"
#include "workloads/scheduling.h"
#include "workloads/signal_interval.h"

namespace osext {
namespace {

using Times = std::array<std::uint64_t, 1024>;  // as the extension has them

constexpr std::uint32_t kRights = OSEXT_SAFEX_READ | OSEXT_SAFEX_WRITE;

// The extension, and the attribute by which it wakes this process.
class Clock {
 public:
  Clock(const SafexProgram& program, const SafexReservation& reservation)
      : program_(program),
        extension_(program_, reservation),
        sleeper_("sleeper", {{"come", 0, OSEXT_SAFEX_WAKE}}, {}) {
    constexpr std::uint64_t none = 0;
    program_.write("count", &none, sizeof none);
    sleeper_.grant(extension_, kRights);
  }
  void begin(std::int64_t period_ns) {
    extension_.bind_timer(static_cast<std::uint64_t>(period_ns));
  }
  // Sleeps until more events came than so many; how many.
  std::int64_t await(std::int64_t known) const { return sleeper_.await("come", known); }
  // Nothing comes any more.
  std::vector<std::int64_t> end() {
    const osext_safex_statistics counts = extension_.statistics();
    extension_.unload();
    const auto count = program_.get<std::uint64_t>("count");
    const auto times = program_.get<Times>("times_ns");
    if (counts.aborts != 0 || counts.throttled != 0 || count < counts.runs || count > times.size())
      throw std::runtime_error(fmt::format("{} runs, {} aborts, {} left out, {} times noted",
                                           counts.runs, counts.aborts, counts.throttled, count));
    return {times.begin(), times.begin() + static_cast<std::ptrdiff_t>(count)};
  }

 private:
  const SafexProgram& program_;
  SafexExtension extension_;
  SafexClass sleeper_;
};

void safex_signal_interval(Sampler& sampler, unsigned background, std::chrono::milliseconds window,
                           const SafexReservation& reservation) {
  const auto expected = static_cast<std::int64_t>(window / kSignalPeriod) + 1;
  const Scheduling scheduling(Policy::other);
  const Background tasks(background);
  tasks.until_each_has_run();
  const SafexProgram program = safex_clock();
  Clock clock(program, reservation);
  clock.begin(std::chrono::nanoseconds(kSignalPeriod).count());
  for (std::int64_t come = 0; come < expected;) come = clock.await(come);
  std::vector<std::int64_t> times_ns = clock.end();
  times_ns.resize(static_cast<std::size_t>(expected));
  sampler.fact("runs", expected);
  report_arrivals(sampler, times_ns);
}

void safex_nanosleep(Sampler& sampler, const Nanosleep& wanted, bool until_process,
                     const SafexReservation& reservation) {
  require_timers(wanted.high_resolution);
  std::vector<std::int64_t> requested_ns, jitter_ns;
  const SafexProgram program = safex_clock();
  const Scheduling scheduling(Policy::other);
  const Background tasks(wanted.background);
  tasks.until_each_has_run();
  const Throughput throughput(tasks);
  for (std::uint64_t i = 0; i < wanted.calls; ++i) {
    Clock clock(program, reservation);
    const std::int64_t request_ns =
        std::max<std::int64_t>(requested_sleep_ns(i, wanted.calls), OSEXT_SAFEX_PERIOD_MIN_NS);
    const std::int64_t begin_ns = now_ns();
    clock.begin(request_ns);
    clock.await(0);
    const std::int64_t awake_ns = now_ns();
    const std::int64_t came_ns = clock.end().front();
    if (came_ns < begin_ns || awake_ns < came_ns)
      throw std::runtime_error("the process did not wait for the extension");
    requested_ns.push_back(request_ns);
    jitter_ns.push_back((until_process ? awake_ns : came_ns) - begin_ns - request_ns);
  }
  report_sleeps(sampler, requested_ns, jitter_ns, throughput.loops_per_ms());
}

}  // namespace

void measure_safex_timers(const PlannedCell& plan, Sampler& sampler,
                          const SafexReservation& reservation) {
  const Params& params = plan.cell.params;
  const auto background = static_cast<unsigned>(std::stoul(params.at("background")));
  if (plan.cell.workload == "signal_interval")
    return safex_signal_interval(sampler, background, plan.window, reservation);
  safex_nanosleep(sampler,
                  {.calls = plan.series.count,
                   .background = background,
                   .high_resolution = !params.contains("highres")},
                  params.at("until") == "process", reservation);
}

}  // namespace osext
