// SPDX-License-Identifier: GPL-2.0
// Mechanism uls: events interrupt this process, which has joined the sandbox, and run a small
// extension there (slides, "ULS Benchmarks").
//
// The extension counts upcalls and notes when it began, so that its count and the module's own
// prove how often it ran. mode=us loads the module so that it closes the sandbox by the user bit
// alone; mode=present clears the entries. by=iret enters the sandbox by IRET where SYSRET would do.
//
// upcall: from the module's handler, where the CPU is about to return to user mode, to the first
// instruction in the sandbox. upcall_timer: from the callback of a timer that interrupts this
// process in user mode. upcall_return: this process raises an event and goes on after the upcall.
//
// tlb_reload: opening the sandbox (and closing it, in one system call) with the TLB flushed, and
// then the working set is used again, which the flush took out of the TLB. upcall_tlb: as upcall,
// with the flush, and until the extension has used the working set of its host. flush=cr3 drops
// all translations of the process, as a kernel does that writes CR3; flush=invlpg the sandbox's own
// two, which is what the module does by itself: the working set then stays.
#include <fmt/core.h>
#include <unistd.h>

#include <optional>
#include <stdexcept>

#include "benchmarks/mechanism.h"
#include "benchmarks/mechanisms/cpu_cell.h"
#include "benchmarks/mechanisms/kernel_module.h"
#include "benchmarks/mechanisms/uls_aborts.h"
#include "benchmarks/mechanisms/uls_calls.h"
#include "benchmarks/mechanisms/uls_manager.h"
#include "benchmarks/mechanisms/uls_packets.h"
#include "benchmarks/mechanisms/uls_timers.h"
#include "benchmarks/mechanisms/uls_tracing.h"
#include "benchmarks/mechanisms/uls_upcalls.h"
#include "workloads/null_syscall.h"

namespace osext {
namespace {

constexpr std::uint64_t kPeriodNs = 200'000;
constexpr std::uint32_t kNumber = 1;

class Uls : public Mechanism {
 public:
  std::string probe(const Environment& env) override {
    if (env.modules.empty()) return "kernel modules may not be loaded here";
    if (access(module_file(env).c_str(), R_OK) != 0)
      return fmt::format("there is no module {}: run the set-up", module_file(env));
    if (geteuid() != 0) return "loading a module needs root";
    return "";
  }

  void setup(const Environment& env) override {
    env_ = env;
    module_file_ = module_file(env);
    load("mode=present");
  }

  void teardown() override { unload(); }

  void measure(const PlannedCell& plan, Sampler& sampler) override {
    const Params& params = plan.cell.params;
    if (plan.phase == Phase::ready)
      load("mode=" + (params.contains("mode") ? params.at("mode") : "present"));
    const std::string& workload = plan.cell.workload;
    const std::uint32_t by = is(params, "by", "iret") ? OSEXT_ULS_BY_IRET : 0;
    const std::uint32_t flush = is(params, "flush", "cr3") ? OSEXT_ULS_FLUSH_ALL : 0;
    if (workload == "null_syscall") return null_syscall(sampler, plan.series);
    if (workload == "upcall") return one_way(sampler, plan.series, by);
    if (workload == "upcall_timer") return by_timer(sampler, plan.series);
    if (workload == "upcall_tlb") return upcall_and_reload(sampler, plan.series, flush);
    if (workload == "tlb_reload") return open_and_reload(sampler, plan.series, flush);
    if (workload == "upcall_return") return round_trip(sampler, plan.series, by);
    if (workload == "rpc") return measure_uls_rpc(plan, sampler);
    if (workload == "rpc_peer") return measure_uls_peers(plan, sampler);
    if (workload == "udp_stream") return measure_uls_packets(plan, env_, sampler);
    if (plan.cell.experiment == "syscall_tracing") return measure_uls_tracing(plan, sampler);
    if (workload == "cpu_shares") {
      UlsManager manager(pid_form_of(params));
      return measure_cpu_service(plan, env_, sampler, &manager);
    }
    if (plan.cell.experiment == "extension_abort") return measure_uls_aborts(plan, sampler);
    if (workload == "signal_interval" || workload == "nanosleep")
      return measure_uls_timers(plan, sampler);
    throw std::runtime_error(fmt::format("uls does not measure {}", workload));
  }

 private:
  static bool is(const Params& params, const char* key, const char* value) {
    const auto found = params.find(key);
    return found != params.end() && found->second == value;
  }

  static void one_way(Sampler& sampler, const Series& series, std::uint32_t by) {
    sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
      Upcalls upcalls(UlsEntry::one_way, {.number = kNumber, .flags = by | OSEXT_ULS_MARK_UPCALL});
      osext_uls_raise event{0, kNumber, 0};
      for (std::uint64_t i = 0; i < pairs; ++i) {
        upcalls.raise(event);
        upcalls.stamped(probe, sampler.markers());
      }
      upcalls.check(pairs);
    });
  }

  static void by_timer(Sampler& sampler, const Series& series) {
    sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
      Upcalls upcalls(UlsEntry::one_way, {.kind = OSEXT_ULS_TIMER,
                                          .number = kNumber,
                                          .flags = OSEXT_ULS_MARK_EVENT,
                                          .period_ns = kPeriodNs,
                                          .count = pairs});
      for (std::uint64_t seen = 0; seen < pairs;) {
        for (int i = 0; i < 10'000; ++i) asm volatile("" ::: "memory");
        const std::uint64_t now = upcalls.noted().count;
        // By time stamps an upcall is read before the next one; two in one look would be one lost.
        if (!sampler.markers() && now > seen + 1)
          throw std::runtime_error("upcalls follow each other too fast to be read");
        if (now > seen) upcalls.stamped(probe, sampler.markers());
        seen = now;
      }
      const osext_uls_statistics statistics = upcalls.check(pairs);
      sampler.fact("direct", static_cast<std::int64_t>(statistics.direct));
    });
  }

  static void round_trip(Sampler& sampler, const Series& series, std::uint32_t by) {
    sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
      Upcalls upcalls(UlsEntry::round_trip, {.number = kNumber, .flags = by});
      osext_uls_raise event{0, kNumber, 0};
      for (std::uint64_t i = 0; i < pairs; ++i) {
        probe.begin();
        upcalls.raise(event);
        probe.end();
      }
      upcalls.check(pairs);
    });
  }

  static void upcall_and_reload(Sampler& sampler, const Series& series, std::uint32_t flush) {
    const UlsWorkingSet pages;
    sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
      Upcalls upcalls(UlsEntry::reload, {.number = kNumber, .flags = flush | OSEXT_ULS_MARK_UPCALL},
                      &pages);
      osext_uls_raise event{0, kNumber, 0};
      for (std::uint64_t i = 0; i < pairs; ++i) {
        upcalls.raise(event);
        upcalls.stamped(probe, sampler.markers());
      }
      upcalls.check(pairs);
    });
  }

  static void open_and_reload(Sampler& sampler, const Series& series, std::uint32_t flush) {
    const UlsWorkingSet pages;
    sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
      Upcalls upcalls(UlsEntry::round_trip, {.number = kNumber});
      osext_uls_open open{flush, 0};
      long failed = 0;
      for (std::uint64_t i = 0; i < pairs; ++i) {
        probe.begin();
        failed |= upcalls.open(open);
        pages.data();
        pages.code();
        probe.end();
      }
      if (failed) throw std::runtime_error("the sandbox does not open");
    });
  }

  void unload() {
    loaded_.reset();
    if (!module_.unload()) throw std::runtime_error("the kernel does not unload osext_uls");
  }

  // Loads the module with other parameters than it has; after a failure there is none.
  void load(const std::string& parameters) {
    if (loaded_ == parameters) return;
    unload();
    module_.load(module_file_, "osext_uls", parameters);
    loaded_ = parameters;
  }

  static std::string module_file(const Environment& env) { return env.modules + "/osext_uls.ko"; }

  Environment env_;
  std::string module_file_;
  std::optional<std::string> loaded_;  // the module, with these parameters
  KernelModule module_;
};

const RegisterMechanism registered("uls", [] { return std::make_unique<Uls>(); });

}  // namespace
}  // namespace osext
