// SPDX-License-Identifier: GPL-2.0
// Mechanism hijack: the runner itself becomes a guest for the length of each measurement (Hijack
// paper, 3.1).
//
// save=full saves all registers and runs the shipped C++ handler; save=minimal stays in assembly.
// The executive's own counters, asked before and after, prove that its handlers served the calls.
#include <fmt/core.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <functional>
#include <optional>
#include <stdexcept>

#include "benchmarks/mechanism.h"
#include "benchmarks/mechanisms/kernel_module.h"
#include "executive/host/session.h"
#include "workloads/call_loop.h"
#include "workloads/null_syscall.h"

namespace osext {
namespace {

struct Call {
  long number;
  Leg leg;
  std::optional<osext_hijack_statistic> counter;  // of the executive, one for each call
};

Call call_of(const std::string& workload, bool full) {
  if (workload == "trap")
    return {full ? OSEXT_HIJACK_TRAP : OSEXT_HIJACK_TRAP_MINIMAL, Leg::there, {}};
  if (workload == "return")
    return {full ? OSEXT_HIJACK_RETURN : OSEXT_HIJACK_RETURN_MINIMAL, Leg::back, {}};
  if (workload == "rpc")
    return {full ? OSEXT_HIJACK_RPC : OSEXT_HIJACK_RPC_MINIMAL, Leg::round_trip,
            full ? OSEXT_HIJACK_COUNT_RPCS : OSEXT_HIJACK_COUNT_RPCS_MINIMAL};
  if (workload == "interpose") {
    if (full) return {SYS_getppid, Leg::round_trip, OSEXT_HIJACK_COUNT_DIRECT};
    return {OSEXT_HIJACK_GETPPID_MINIMAL, Leg::round_trip, {}};
  }
  throw std::runtime_error(fmt::format("hijack does not measure {}", workload));
}

class Hijack : public Mechanism {
 public:
  std::string probe(const Environment& env) override {
    if (env.modules.empty()) return "kernel modules may not be loaded here";
    if (env.executive.empty()) return "no executive was given (--executive)";
    if (access(module_file(env).c_str(), R_OK) != 0)
      return fmt::format("there is no module {}: run the set-up", module_file(env));
    if (geteuid() != 0) return "loading a module needs root";
    return "";
  }

  void setup(const Environment& env) override {
    module_.load(module_file(env), "osext_hijack");
    try {
      session_.start(env.executive);
    } catch (...) {
      module_.unload();
      throw;
    }
  }

  void teardown() override {
    session_.stop();
    if (!module_.unload()) throw std::runtime_error("the kernel does not unload osext_hijack");
  }

  void measure(const PlannedCell& plan, Sampler& sampler) override {
    if (plan.cell.workload == "null_syscall") return null_syscall(sampler, plan.series);
    const Series& series = plan.series;
    const Call call = call_of(plan.cell.workload, plan.cell.params.at("save") == "full");
    const osext_hijack_statistics before = session_.statistics();
    sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
      session_.join();
      const std::uint64_t served = count(call);
      call_loop(probe, pairs, series.ops, call.number, call.leg);
      const std::uint64_t now = count(call);
      session_.leave();
      if (call.counter && now - served != pairs * series.ops)
        throw std::runtime_error(
            fmt::format("the executive served {} of {} calls", now - served, pairs * series.ops));
    });
    const osext_hijack_statistics after = session_.statistics();
    sampler.fact("fast_traps", difference(before.fast_traps, after.fast_traps));
    sampler.fact("fast_resumes", difference(before.fast_resumes, after.fast_resumes));
    sampler.fact("slow_traps", difference(before.slow_traps, after.slow_traps));
    sampler.fact("slow_resumes", difference(before.slow_resumes, after.slow_resumes));
  }

 private:
  static std::string module_file(const Environment& env) {
    return env.modules + "/osext_hijack.ko";
  }
  static std::int64_t difference(std::uint64_t from, std::uint64_t to) {
    return static_cast<std::int64_t>(to - from);
  }
  // Only while joined.
  static std::uint64_t count(const Call& call) {
    return call.counter ? hijack_call(OSEXT_HIJACK_STATISTICS, *call.counter) : 0;
  }

  KernelModule module_;
  HijackSession session_;
};

const RegisterMechanism registered("hijack", [] { return std::make_unique<Hijack>(); });

}  // namespace
}  // namespace osext
