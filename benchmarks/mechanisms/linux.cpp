// SPDX-License-Identifier: GPL-2.0
// Mechanism linux: the kernel as it is.  Nothing to load and nothing to undo.
#include <fmt/core.h>

#include <functional>
#include <map>
#include <stdexcept>

#include "benchmarks/mechanism.h"
#include "workloads/context_switch.h"
#include "workloads/null_syscall.h"
#include "workloads/proc_stat.h"
#include "workloads/rpc_pipes.h"
#include "workloads/signals.h"

namespace osext {
namespace {

SignalLeg leg_of(const Params& params) {
  return params.contains("leg") ? SignalLeg::round_trip : SignalLeg::one_way;
}

class Linux : public Mechanism {
 public:
  std::string probe(const Environment&) override { return ""; }
  void setup(const Environment&) override {}
  void teardown() override {}

  void measure(const PlannedCell& plan, Sampler& sampler) override {
    const std::string& workload = plan.cell.workload;
    const Params& params = plan.cell.params;
    if (workload == "overhead") return overhead(sampler, plan.series);
    if (workload == "null_syscall") return null_syscall(sampler, plan.series);
    if (workload == "rpc_peer")
      return rpc_pipes(sampler, plan.series, std::stoul(params.at("bytes")));
    if (workload == "signal_self") return signal_self(sampler, plan.series, leg_of(params));
    if (workload == "signal_other") return signal_other(sampler, plan.series, leg_of(params));
    if (workload == "context_switch") return context_switch(sampler, plan.series);
    if (workload == "read_proc_stat") return read_proc_stat(sampler, plan.series);
    throw std::runtime_error(fmt::format("linux does not measure {}", workload));
  }
};

const RegisterMechanism registered("linux", [] { return std::make_unique<Linux>(); });

}  // namespace
}  // namespace osext
