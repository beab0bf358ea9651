// SPDX-License-Identifier: GPL-2.0
// The end of each operation is the policy's: `faults` and `alarm` mark it, note the time and let
// the guest go on behind the instruction that was interrupted.
#include "benchmarks/mechanisms/hijack_interrupts.h"

#include <fmt/core.h>
#include <sys/syscall.h>

#include <stdexcept>

#include "executive/host/session.h"
#include "workloads/fault.h"
#include "workloads/system_call.h"

namespace osext {
namespace {

// The executive's own timer would interrupt what it is not asked to.
constexpr const char* kNoTurns = "quantum_us=1000000000";

std::uint64_t count(osext_hijack_statistic which) {
  return hijack_call(OSEXT_HIJACK_STATISTICS, which);
}

// Spins until it is interrupted.
template <class Probe>
void await_timer(Probe& probe) {
  system_call(SYS_pause);  // sets the timer
  std::uint64_t arrived, began;
  asm volatile("leaq 1f(%%rip), %%rdx\n0:\tjmp 0b\n1:"
               : "=&a"(arrived), "=&S"(began)
               :
               : "rdx", "memory", "cc");
  probe.ended_elsewhere(arrived);
  probe.began_elsewhere(began);
}

// Each operation was one upcall, and came as the row says.  News of an owner may come by another
// between two of them.
void check(std::uint64_t wanted, std::uint64_t upcalls, std::uint64_t delivered,
           std::uint64_t touches, const Params& params) {
  const bool touch = params.contains("address");
  const bool handler = !touch && params.at("delivery") == "handler";
  const std::uint64_t most = wanted + wanted / 20;
  if (upcalls < wanted || upcalls > most || delivered != (handler ? upcalls : 0) ||
      touches != (touch ? wanted : 0))
    throw std::runtime_error(
        fmt::format("{} upcalls, {} by handler, {} by the page-fault gate, instead of {}", upcalls,
                    delivered, touches, wanted));
}

}  // namespace

void measure_hijack_interrupts(const PlannedCell& plan, Sampler& sampler,
                               const std::string& executive_file) {
  const Params& params = plan.cell.params;
  const bool timer = plan.cell.workload == "upcall_timer";
  const std::string delivery = params.contains("delivery") ? params.at("delivery") : "hook";
  HijackSession session;
  HijackOptions options;
  options.words =
      fmt::format("policy={} delivery={} {}", timer ? "alarm" : "faults", delivery, kNoTurns);
  session.start(executive_file, options);
  const std::uint64_t address =
      params.contains("address") ? OSEXT_EXECUTIVE_BASE + OSEXT_HIJACK_SHARED_BYTES : kNothingThere;
  sampler.measure(plan.series, [&](auto& probe, std::uint64_t pairs) {
    const std::uint64_t touches = session.statistics().fast_faults;
    session.join();
    const std::uint64_t upcalls = count(OSEXT_HIJACK_COUNT_UPCALLS),
                        delivered = count(OSEXT_HIJACK_COUNT_DELIVERED);
    if (timer)
      for (std::uint64_t i = 0; i < pairs; ++i) await_timer(probe);
    else
      fault_loop(probe, pairs, address);
    const std::uint64_t now = count(OSEXT_HIJACK_COUNT_UPCALLS),
                        delivered_now = count(OSEXT_HIJACK_COUNT_DELIVERED);
    session.leave();
    check(pairs, now - upcalls, delivered_now - delivered,
          session.statistics().fast_faults - touches, params);
  });
  sampler.fact("upcalls", static_cast<std::int64_t>(session.statistics().upcalls));
  sampler.fact("fast_faults", static_cast<std::int64_t>(session.statistics().fast_faults));
}

}  // namespace osext
