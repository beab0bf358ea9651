// SPDX-License-Identifier: GPL-2.0
// The executive's thread has the highest priority of all, and CPU-bound guests leave it no rest: as
// long as they run, this process does not.  So whoever is measured ends the measurement himself.
#include "benchmarks/mechanisms/hijack_timers.h"

#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <system_error>
#include <vector>

#include "executive/host/session.h"
#include "workloads/background.h"
#include "workloads/child.h"
#include "workloads/nanosleep.h"
#include "workloads/signal_interval.h"

namespace osext {
namespace {

constexpr int kHighestPriority = 99;

HijackOptions options_of(const std::string& words) {
  HijackOptions options;
  options.words = words;
  options.priority = kHighestPriority;
  return options;
}

// Guests wait here, each in a call that its owner serves, until all of them are there.
class Gate {
 public:
  Gate() {
    if (pipe(ends_) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() {
    open();
    close(ends_[0]);
  }
  // In a child: returns when the parent has opened.
  void pass() {
    open();  // its copy of the writing end
    char none;
    while (read(ends_[0], &none, 1) < 0 && errno == EINTR) {
    }
  }
  void open() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  int ends_[2];
};

void await_end(const HijackSession& session) {
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(session.executive_pid()), &info,
                WEXITED | WNOWAIT | __WCLONE) != 0)
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitid");
  if (info.si_code != CLD_EXITED || info.si_status != 0)
    throw std::runtime_error("the executive did not end in good order");
}

// What proves that guests ran under the executive.
void report_statistics(Sampler& sampler, const osext_hijack_statistics& statistics,
                       std::uint64_t guests) {
  if (statistics.joins != guests)
    throw std::runtime_error(
        fmt::format("{} guests joined instead of {}", statistics.joins, guests));
  sampler.fact("guests", static_cast<std::int64_t>(statistics.joins));
  sampler.fact("upcalls", static_cast<std::int64_t>(statistics.upcalls));
  sampler.fact("guest_switches", static_cast<std::int64_t>(statistics.switches));
}

void hijack_signal_interval(Sampler& sampler, const std::string& executive_file,
                            unsigned background, std::chrono::milliseconds window) {
  const auto count = static_cast<std::uint64_t>(window / kSignalPeriod) + 1;
  HijackSession session;
  session.start(
      executive_file,
      options_of(fmt::format("policy=events events_period_us={} events_count={} events_guests={}",
                             std::chrono::microseconds(kSignalPeriod).count(), count, background)));
  Gate gate;
  const Background guests(background, [&] {
    session.join();
    gate.pass();
  });
  gate.open();
  await_end(session);
  const std::vector<std::uint64_t> report = session.report();
  report_statistics(sampler, session.statistics(), background);
  if (report.size() != count)
    throw std::runtime_error(
        fmt::format("the executive reports {} of {} events", report.size(), count));
  report_arrivals(sampler, {report.begin(), report.end()});
}

void hijack_nanosleep(Sampler& sampler, const std::string& executive_file,
                      const std::string& policy, const Nanosleep& wanted) {
  require_timers(wanted.high_resolution);
  HijackSession session;
  session.start(executive_file, options_of("policy=" + policy));
  SharedArray<std::int64_t> jitter_ns(wanted.calls), loops_per_ms(1);
  Gate gate;
  const auto become_guest = [&] {
    session.join();
    gate.pass();
  };
  Background guests(wanted.background, become_guest);
  Child sleeper([&] {
    become_guest();
    guests.until_each_has_run();
    const Throughput throughput(guests);
    measure_sleeps({jitter_ns.data(), jitter_ns.size()});
    loops_per_ms[0] = throughput.loops_per_ms();
    guests.stop();
  });
  gate.open();
  sleeper.join();
  report_statistics(sampler, session.statistics(), wanted.background + 1);
  report_sleeps(sampler, {jitter_ns.data(), jitter_ns.size()}, loops_per_ms[0]);
}

}  // namespace

void measure_hijack_timers(const PlannedCell& plan, Sampler& sampler,
                           const std::string& executive_file) {
  const Params& params = plan.cell.params;
  const auto background = static_cast<unsigned>(std::stoul(params.at("background")));
  if (plan.cell.workload == "signal_interval")
    return hijack_signal_interval(sampler, executive_file, background, plan.window);
  if (plan.cell.workload != "nanosleep")
    throw std::runtime_error(fmt::format("hijack does not measure {}", plan.cell.workload));
  const bool extended = params.at("policy") == "hijack_extended";
  hijack_nanosleep(sampler, executive_file, extended ? "nanosleep_extended" : "nanosleep",
                   {.calls = plan.series.count,
                    .background = background,
                    .high_resolution = !params.contains("highres")});
}

}  // namespace osext
