// SPDX-License-Identifier: GPL-2.0
// Mechanism linux: the kernel as it is.  Nothing to load and nothing to undo.
#include <fmt/core.h>

#include <functional>
#include <map>
#include <stdexcept>
#include <vector>

#include "benchmarks/mechanism.h"
#include "benchmarks/mechanisms/cpu_cell.h"
#include "benchmarks/mechanisms/udp_cell.h"
#include "benchmarks/mechanisms/working_set_cell.h"
#include "workloads/child.h"
#include "workloads/context_switch.h"
#include "workloads/fault.h"
#include "workloads/manager_primitives.h"
#include "workloads/nanosleep.h"
#include "workloads/null_syscall.h"
#include "workloads/proc_stat.h"
#include "workloads/process_manager.h"
#include "workloads/rpc_pipes.h"
#include "workloads/signal_interval.h"
#include "workloads/signals.h"
#include "workloads/traced.h"
#include "workloads/verified_loop.h"

namespace osext {
namespace {

// Figure 4: the pages that the caller uses before each call; none is told from a row without them.
WorkingSet working_set_of(const Params& params) {
  return WorkingSet(parse_page_kind(params.at("kind")), std::stoul(params.at("pages")));
}

SignalLeg leg_of(const Params& params) {
  return params.contains("leg") ? SignalLeg::round_trip : SignalLeg::one_way;
}

bool is(const Params& params, const char* key, const char* value) {
  const auto found = params.find(key);
  return found != params.end() && found->second == value;
}

unsigned background_of(const Params& params) {
  return static_cast<unsigned>(std::stoul(params.at("background")));
}

class Linux : public Mechanism {
 public:
  std::string probe(const Environment& env) override {
    env_ = env;
    return "";
  }
  void setup(const Environment&) override {}
  void teardown() override {}

  void measure(const PlannedCell& plan, Sampler& sampler) override {
    const std::string& workload = plan.cell.workload;
    const Params& params = plan.cell.params;
    if (params.contains("kind")) return measure_walking(plan, sampler);
    if (workload == "overhead") return overhead(sampler, plan.series);
    if (workload == "null_syscall") return null_syscall(sampler, plan.series);
    if (workload == "rpc_peer")
      return rpc_pipes(sampler, plan.series, std::stoul(params.at("bytes")));
    if (workload == "fault") return fault(sampler, plan.series);
    if (workload == "signal_self") return signal_self(sampler, plan.series, leg_of(params));
    if (is(params, "role", "manager")) return managers_part(plan, sampler);
    if (workload == "monitor_handler")
      return monitor_handler(
          sampler, plan.series, static_cast<unsigned>(std::stoul(params.at("tasks"))),
          is(params, "signals", "each") ? RoundSignals::each : RoundSignals::none);
    if (workload == "signal_other") return signal_other(sampler, plan.series, leg_of(params));
    if (workload == "context_switch") return context_switch(sampler, plan.series);
    if (workload == "read_proc_stat")
      return read_proc_stat(sampler, plan.series,
                            is(params, "fd", "kept") ? StatFile::kept : StatFile::opened);
    if (workload == "signal_interval")
      return signal_interval(
          sampler,
          {.policy = is(params, "policy", "SCHED_RR") ? Policy::round_robin : Policy::other,
           .receiver = is(params, "receiver", "spinning") ? Receiver::spinning : Receiver::sleeping,
           .background = background_of(params),
           .window = plan.window});
    if (workload == "nanosleep")
      return nanosleep_jitter(sampler, {.calls = plan.series.count,
                                        .background = background_of(params),
                                        .high_resolution = !is(params, "highres", "off")});
    if (workload == "traced_call" || workload == "traced_program") return untraced(plan, sampler);
    if (workload == "udp_stream") return measure_udp_stream(plan, env_, sampler);
    if (workload == "verifier_bound") return verified(plan, sampler);
    if (workload == "cpu_shares") return manage(plan, sampler);
    if (workload == "nic_receive") return measure_nic_receive(plan, env_, sampler);
    throw std::runtime_error(fmt::format("linux does not measure {}", workload));
  }

 private:
  // Of a user-level service manager's way to an application.
  static void managers_part(const PlannedCell& plan, Sampler& sampler) {
    if (plan.cell.workload == "context_switch") return switch_to_application(sampler, plan.series);
    signal_dispatch(
        sampler, plan.series,
        is(plan.cell.params, "signal", "stop") ? DispatchedSignal::stop : DispatchedSignal::go_on);
  }

  static void verified(const PlannedCell& plan, Sampler& sampler) {
    std::vector<std::int64_t> times_ns;
    VerifiedLoop loop;
    for (std::uint64_t i = 0; i < plan.series.count; ++i) {
      loop = run_verified_loop();
      times_ns.push_back(loop.time_ns);
    }
    sampler.report("time_ns", times_ns);
    sampler.fact("rounds", loop.rounds);
    sampler.fact("accepted_levels", loop.accepted);
  }

  void manage(const PlannedCell& plan, Sampler& sampler) {
    const Params& params = plan.cell.params;
    if (is(params, "manager", "none")) return measure_cpu_service(plan, env_, sampler, nullptr);
    ProcessManager manager(
        is(params, "actuator", "priority") ? CpuActuator::priority : CpuActuator::sigstop,
        pid_form_of(params));
    measure_cpu_service(plan, env_, sampler, &manager);
  }

  static void untraced(const PlannedCell& plan, Sampler& sampler) {
    const auto program = plan.cell.params.find("program");
    TracedTask task(program == plan.cell.params.end() ? "" : program->second, plan.series.count);
    Child child([&] { task.run(); });
    child.join();
    task.ended();
    task.report(sampler);
  }

  static void measure_walking(const PlannedCell& plan, Sampler& sampler) {
    const std::string& workload = plan.cell.workload;
    const Params& params = plan.cell.params;
    const WorkingSet set = working_set_of(params);
    sampler.fact(kStrideFact, WorkingSet::kStrideBytes);
    if (workload == "null_syscall") return null_syscall(sampler, plan.series, set);
    if (workload == "rpc_peer") {
      const std::uint64_t bytes = std::stoul(params.at("bytes"));
      sampler.fact("message_bytes", static_cast<std::int64_t>(bytes));
      return rpc_pipes(sampler, plan.series, bytes, set);
    }
    throw std::runtime_error(fmt::format("linux does not measure {} with pages", workload));
  }

  Environment env_;
};

const RegisterMechanism registered("linux", [] { return std::make_unique<Linux>(); });

}  // namespace
}  // namespace osext
