// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/hijack_tracing.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <stdexcept>
#include <system_error>

#include "executive/host/session.h"
#include "workloads/child.h"
#include "workloads/traced.h"

namespace osext {

void measure_hijack_tracing(const PlannedCell& plan, Sampler& sampler,
                            const std::string& executive_file) {
  const auto program = plan.cell.params.find("program");
  TracedTask task(program == plan.cell.params.end() ? "" : program->second, plan.series.count);
  HijackOptions options;
  options.words = "policy=" + plan.cell.params.at("policy");
  options.output = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (options.output < 0) throw std::system_error(errno, std::generic_category(), "/dev/null");
  HijackSession session;
  try {
    session.start(executive_file, options);
  } catch (...) {
    close(options.output);
    throw;
  }
  close(options.output);
  Child guest([&] {
    session.join();
    task.run();
  });
  guest.join();
  task.ended();
  const osext_hijack_statistics statistics = session.statistics();
  const std::uint64_t seen = statistics.fast_traps + statistics.slow_traps;
  if (seen < task.calls() && !task.is_program())
    throw std::runtime_error(fmt::format("the executive saw {} of {} calls", seen, task.calls()));
  sampler.fact("calls_seen", static_cast<std::int64_t>(seen));
  task.report(sampler);
}

}  // namespace osext
