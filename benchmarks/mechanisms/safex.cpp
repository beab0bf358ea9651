// SPDX-License-Identifier: GPL-2.0
// Mechanism safex: verified extensions in the kernel's bottom half (slides, "SafeX").
//
// rpc: this process raises an event of a class of its own; the extension that is bound to it runs
// in the bottom half, reads and writes an attribute through its capability and leaves an answer,
// with which the system call returns.
// monitor_handler: a round of the CPU service manager's extensions. One event runs the monitor for
// each task; it reads the task's target and what it had and raises the error, for which the handler
// runs: it computes the PID function and sets the attribute. The marks stand in the kernel, around
// all runs. The attributes are values here; what sampling a task's time and enforcing its share
// cost besides is in cpu_service. runaway, in_budget: an extension that does not end, or at once.
//
// interpose: this process is watched; its system call runs an extension before the kernel's own
// handler does its work, which counts it.  The call is not replaced, nor is its result.
// null_syscall, watched=another: the same call while another process is watched.
//
// budget=tick: the run's budget is a counter that the timer interrupt decrements; budget=hrtimer: a
// timer is set for each run.
//
// Counts are checked: the extension's own, and the module's of runs and aborts.
#include <fmt/core.h>
#include <unistd.h>

#include <stdexcept>

#include "benchmarks/mechanism.h"
#include "benchmarks/mechanisms/abort_cell.h"
#include "benchmarks/mechanisms/cpu_cell.h"
#include "benchmarks/mechanisms/kernel_module.h"
#include "benchmarks/mechanisms/safex_manager.h"
#include "benchmarks/mechanisms/safex_packets.h"
#include "benchmarks/mechanisms/safex_programs.h"
#include "benchmarks/mechanisms/safex_timers.h"
#include "benchmarks/mechanisms/safex_tracing.h"
#include "benchmarks/mechanisms/working_set_cell.h"
#include "workloads/null_syscall.h"

namespace osext {
namespace {

constexpr std::uint64_t kMs = 1'000'000;

// Generous, and for as many invocations as a measurement makes in a period.
SafexReservation reservation_of(const Params& params, std::uint64_t budget_ns = 10 * kMs) {
  const auto budget = params.find("budget");
  const bool exact = budget != params.end() && budget->second == "hrtimer";
  return {exact ? std::uint32_t{OSEXT_SAFEX_HRTIMER} : std::uint32_t{OSEXT_SAFEX_TICK}, budget_ns,
          1000 * kMs, 1'000'000};
}

void require_runs(const SafexExtension& extension, std::uint64_t runs, std::uint64_t aborts = 0) {
  const osext_safex_statistics counts = extension.statistics();
  if (counts.runs != runs || counts.aborts != aborts || counts.throttled != 0)
    throw std::runtime_error(fmt::format("{} ran {} times, not {}; {} aborts, {} left out",
                                         extension.name(), counts.runs, runs, counts.aborts,
                                         counts.throttled));
}

// Raises events of a class by one system call each.
class Raiser {
 public:
  Raiser(const SafexClass& of, std::int64_t value, std::uint32_t flags) : file_(of.descriptor()) {
    request_.value = value;
    request_.flags = flags;
  }
  // The class's first event.
  [[gnu::always_inline]] long operator()() {
    long result;
    asm volatile("syscall"
                 : "=a"(result)
                 : "0"(16L), "D"(static_cast<long>(file_)), "S"(OSEXT_SAFEX_RAISE_EVENT),
                   "d"(&request_)  // ioctl
                 : "rcx", "r11", "memory");
    return result;
  }
  const osext_safex_raise& answer() const { return request_; }

 private:
  int file_;
  osext_safex_raise request_{};
};

template <class Walk>
void rpc(const PlannedCell& plan, Sampler& sampler, const Walk& walk) {
  const SafexProgram program = safex_count();
  sampler.measure(plan.series, [&](auto& probe, std::uint64_t pairs) {
    const SafexExtension extension(program, reservation_of(plan.cell.params));
    SafexClass counter("counter", {{"events"}}, {"hit"});
    counter.grant(extension, OSEXT_SAFEX_READ | OSEXT_SAFEX_WRITE);
    counter.bind(extension, "hit");
    Raiser raise(counter, 0, 0);
    long failed = 0;
    for (std::uint64_t i = 0; i < pairs; ++i) {
      probe.begin();
      for (std::uint64_t op = 0; op < plan.series.ops; ++op) {
        walk();
        failed |= raise();
      }
      probe.end();
      const std::uint64_t calls = (i + 1) * plan.series.ops;
      failed |= raise.answer().answer != static_cast<std::int64_t>(calls);
    }
    if (failed) throw std::runtime_error("an event was not answered");
    require_runs(extension, pairs * plan.series.ops);
  });
}

void monitor_handler(const PlannedCell& plan, Sampler& sampler) {
  const auto tasks = static_cast<std::uint32_t>(std::stoul(plan.cell.params.at("tasks")));
  const SafexProgram monitor_program = safex_cpu_monitor();
  const SafexProgram handler_program = safex_cpu_handler();
  sampler.measure(plan.series, [&](auto& probe, std::uint64_t pairs) {
    const SafexExtension monitor(monitor_program, reservation_of(plan.cell.params));
    const SafexExtension handler(handler_program, reservation_of(plan.cell.params));
    SafexClass manager("manager", {}, {"sample"});
    std::vector<SafexClass> classes;
    for (std::uint32_t set = 0; set < tasks; ++set) {
      classes.emplace_back(fmt::format("task{}", set),
                           std::vector<SafexAttribute>{{"target_cpu", 40 * 1'000'000},
                                                       {"actual_cpu", 30 * 1'000'000},
                                                       {"timeslice_adjustment"}},
                           std::vector<std::string>{"error"});
      classes[set].grant(monitor, OSEXT_SAFEX_READ | OSEXT_SAFEX_RAISE, set);
      classes[set].grant(handler, OSEXT_SAFEX_READ | OSEXT_SAFEX_WRITE, set);
      manager.bind(monitor, "sample", set);
      classes[set].bind(handler, "error", set);
    }
    Raiser raise(manager, 0, OSEXT_SAFEX_MARK);
    for (std::uint64_t i = 0; i < pairs; ++i) {
      const long failed = raise();
      // Where time stamps measure, they are the kernel's own, too.
      if (!sampler.markers()) {
        probe.ended_elsewhere(raise.answer().ended);
        probe.began_elsewhere(raise.answer().begun);
      }
      if (failed || raise.answer().runs != 2 * tasks)
        throw std::runtime_error(fmt::format("{} runs of {}", raise.answer().runs, 2 * tasks));
    }
    require_runs(monitor, tasks * pairs);
    require_runs(handler, tasks * pairs);
    for (const SafexClass& one : classes)
      if (one.get("timeslice_adjustment") <= 0)
        throw std::runtime_error("the handler adjusts nothing");
  });
}

void aborts(const PlannedCell& plan, Sampler& sampler) {
  const SafexProgram program = safex_endless();
  const auto bound = [&](std::uint64_t budget_ns, const auto& use) {
    const SafexExtension extension(program, reservation_of(plan.cell.params, budget_ns));
    SafexClass nothing("nothing", {}, {"go"});
    nothing.bind(extension, "go");
    use(extension, nothing);
  };
  if (plan.cell.workload == "runaway") {
    // A new one each time: after a few aborts it would be unloaded.
    measure_runaway(plan, sampler, [&](std::uint64_t budget_ns) {
      ExtensionRun result{};
      bound(budget_ns, [&](const SafexExtension& extension, SafexClass& nothing) {
        Raiser raise(nothing, 1, 0);
        const std::uint64_t begin = tsc_begin();
        const long failed = raise();
        const std::uint64_t back = tsc_end();
        if (failed || raise.answer().aborted != 1)
          throw std::runtime_error("a runaway was not aborted");
        require_runs(extension, 1, 1);
        result = {begin, raise.answer().aborted_at, back};
      });
      return result;
    });
    return;
  }
  bound(budget_ns_of(plan.cell.params), [&](const SafexExtension&, SafexClass& nothing) {
    measure_in_budget(plan, sampler, [&](std::uint64_t calls) {
      Raiser raise(nothing, 0, 0);
      for (std::uint64_t i = 0; i < calls; ++i)
        if (raise() != 0 || raise.answer().runs != 1)
          throw std::runtime_error("an extension did not run");
    });
  });
}

class Safex : public Mechanism {
 public:
  std::string probe(const Environment& env) override {
    if (env.modules.empty()) return "kernel modules may not be loaded here";
    if (access(module_file(env).c_str(), R_OK) != 0)
      return fmt::format("there is no module {}: run the set-up", module_file(env));
    if (geteuid() != 0) return "loading a module needs root";
    return "";
  }

  // Reservations are as generous as measuring wants them.
  void setup(const Environment& env) override {
    env_ = env;
    module_.load(module_file(env), "osext_safex", "limit=1000000000");
  }

  void teardown() override {
    if (!module_.unload()) throw std::runtime_error("the kernel does not unload osext_safex");
  }

  void measure(const PlannedCell& plan, Sampler& sampler) override {
    const std::string& workload = plan.cell.workload;
    const SafexReservation reservation = reservation_of(plan.cell.params);
    if (plan.cell.params.contains("watched"))
      return measure_beside_watched(plan, sampler, reservation);
    if (workload == "null_syscall") return null_syscall(sampler, plan.series);
    if (workload == "interpose") return measure_safex_interposition(plan, sampler, reservation);
    if (plan.cell.experiment == "syscall_tracing")
      return measure_safex_tracing(plan, sampler, reservation);
    if (workload == "signal_interval" || workload == "nanosleep")
      return measure_safex_timers(plan, sampler, reservation);
    if (workload == "udp_stream") return measure_safex_packets(plan, env_, sampler, reservation);
    if (workload == "rpc")
      return with_working_set(plan, sampler, [&](const auto& walk) { rpc(plan, sampler, walk); });
    if (workload == "monitor_handler") return monitor_handler(plan, sampler);
    if (workload == "runaway" || workload == "in_budget") return aborts(plan, sampler);
    if (workload == "cpu_shares") {
      SafexManager manager(pid_form_of(plan.cell.params));
      return measure_cpu_service(plan, env_, sampler, &manager);
    }
    throw std::runtime_error(fmt::format("safex does not measure {}", workload));
  }

 private:
  static std::string module_file(const Environment& env) { return env.modules + "/osext_safex.ko"; }

  Environment env_;
  KernelModule module_;
};

const RegisterMechanism registered("safex", [] { return std::make_unique<Safex>(); });

}  // namespace
}  // namespace osext
