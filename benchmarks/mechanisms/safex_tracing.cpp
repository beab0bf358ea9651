// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/safex_tracing.h"

#include <fmt/core.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <stdexcept>
#include <system_error>

#include "benchmarks/mechanisms/safex_programs.h"
#include "workloads/call_loop.h"
#include "workloads/child.h"
#include "workloads/null_syscall.h"
#include "workloads/traced.h"

namespace osext {
namespace {

// The extension and the class in which it counts, for one thread.
class Watch {
 public:
  explicit Watch(const SafexReservation& reservation)
      : program_(safex_calls()),
        extension_(program_, reservation),
        tracer_("tracer", {{"number", SYS_getppid, OSEXT_SAFEX_CONSTANT}, {"seen"}, {"wanted"}},
                {}) {
    tracer_.grant(extension_, OSEXT_SAFEX_READ | OSEXT_SAFEX_WRITE);
  }
  void begin(pid_t thread = 0) { extension_.bind_calls(thread); }
  std::int64_t seen() const { return tracer_.get("seen"); }
  std::int64_t wanted() const { return tracer_.get("wanted"); }
  // Every run counted, and none was aborted or left out.
  void check() const {
    const osext_safex_statistics counts = extension_.statistics();
    if (counts.aborts != 0 || counts.throttled != 0 || counts.runs == 0)
      throw std::runtime_error(fmt::format("{} runs, {} aborts, {} left out", counts.runs,
                                           counts.aborts, counts.throttled));
  }

 private:
  SafexProgram program_;
  SafexExtension extension_;
  SafexClass tracer_;
};

void require_calls(const Watch& watch, std::uint64_t calls) {
  watch.check();
  if (static_cast<std::uint64_t>(watch.wanted()) != calls)
    throw std::runtime_error(
        fmt::format("the extension saw {} of {} calls", watch.wanted(), calls));
}

// A process that waits until it may go on, or is to end.
class Held {
 public:
  Held() {
    if (pipe(ends_) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() {
    for (const int end : ends_) close(end);
  }
  void wait() const {
    char byte;
    if (read(ends_[0], &byte, 1) != 1) throw std::runtime_error("the tracer is gone");
  }
  void let_go() const {
    if (write(ends_[1], "x", 1) != 1)
      throw std::system_error(errno, std::generic_category(), "the program is gone");
  }

 private:
  int ends_[2];
};

}  // namespace

void measure_safex_interposition(const PlannedCell& plan, Sampler& sampler,
                                 const SafexReservation& reservation) {
  sampler.measure(plan.series, [&](auto& probe, std::uint64_t pairs) {
    Watch watch(reservation);
    watch.begin();
    const long result = call_loop(probe, pairs, plan.series.ops, SYS_getppid);
    if (result != getppid()) throw std::runtime_error("the call has another result");
    // With the one that has just asked.
    require_calls(watch, pairs * plan.series.ops + 1);
  });
}

void measure_beside_watched(const PlannedCell& plan, Sampler& sampler,
                            const SafexReservation& reservation) {
  const Held held;
  Watch watch(reservation);
  Child other([&] {
    system_call(SYS_getppid);
    held.wait();
    system_call(SYS_getppid);
  });
  watch.begin(other.pid());
  null_syscall(sampler, plan.series);
  held.let_go();
  other.join();
  watch.check();
  if (watch.wanted() == 0 || watch.wanted() > 2)
    throw std::runtime_error("the extension sees other calls than the watched process's");
}

void measure_safex_tracing(const PlannedCell& plan, Sampler& sampler,
                           const SafexReservation& reservation) {
  const auto program = plan.cell.params.find("program");
  TracedTask task(program == plan.cell.params.end() ? "" : program->second, plan.series.count);
  const Held held;
  Watch watch(reservation);
  Child child([&] {
    held.wait();
    task.run();
  });
  watch.begin(child.pid());
  held.let_go();
  child.join();
  task.ended();
  if (task.is_program())
    watch.check();
  else
    require_calls(watch, task.calls());
  sampler.fact("calls_seen", watch.seen());
  task.report(sampler);
}

}  // namespace osext
