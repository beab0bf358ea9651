// SPDX-License-Identifier: GPL-2.0
// Mechanism hijack: the runner itself becomes a guest for the length of each measurement (Hijack
// paper, 3.1).
//
// global=on makes the guest's pages global, as in the paper (2.1): the default on the simulated
// machine, whose rows stand beside the paper's; elsewhere it is asked for.
// flush=invlpg drops the executive's pages one by one, pages=N of them with kind=executive;
// flush=cr3 writes CR3, as without the parameter. With kind=executive each call
// uses these pages. engine=entry switches through the kernel's own
// entry; without the parameter the stub switches. pti=on is a kernel with page-table isolation,
// where the module chooses that engine itself. save=full saves all registers and runs the shipped
// C++ handler; save=minimal stays in assembly. The executive's own counters, asked before and
// after, and the last result prove that its handlers served the calls.
#include <fmt/core.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <functional>
#include <optional>
#include <stdexcept>
#include <type_traits>

#include "benchmarks/mechanism.h"
#include "benchmarks/mechanisms/cpu_cell.h"
#include "benchmarks/mechanisms/hijack_interrupts.h"
#include "benchmarks/mechanisms/hijack_manager.h"
#include "benchmarks/mechanisms/hijack_timers.h"
#include "benchmarks/mechanisms/hijack_tracing.h"
#include "benchmarks/mechanisms/kernel_module.h"
#include "benchmarks/mechanisms/udp_cell.h"
#include "benchmarks/mechanisms/working_set_cell.h"
#include "executive/host/session.h"
#include "measure/tsc_probe.h"
#include "workloads/call_loop.h"
#include "workloads/child.h"
#include "workloads/null_syscall.h"
#include "workloads/udp_stream.h"

namespace osext {
namespace {

constexpr long kArgument = 0x1234567;  // four bytes; so has the answer to it
constexpr std::uint64_t kNoSystemCall = ~std::uint64_t{0};

// What a guest calls for a row, and what proves that the executive served it.
struct Call {
  long number;
  Leg leg;
  osext_hijack_statistic counter;             // of the executive: one for each call
  std::function<bool(std::uint64_t)> right;   // the last call's result
  std::uint64_t by_assembly = kNoSystemCall;  // the system call that is served there
  long argument = kArgument;
};

// An executive that has, and uses in each call, so many pages.
Call paged_call(long pages) {
  const std::uint64_t answer = osext_hijack_rpc_result(static_cast<std::uint64_t>(pages));
  return {.number = OSEXT_HIJACK_RPC_PAGES,
          .leg = Leg::round_trip,
          .counter = OSEXT_HIJACK_COUNT_RPCS,
          .right = [answer](std::uint64_t result) { return result == answer; },
          .argument = pages};
}

Call call_of(const std::string& workload, bool full) {
  if (workload == "rpc") {
    const std::uint64_t answer = full ? osext_hijack_rpc_result(kArgument) : kArgument + 1;
    return {full ? OSEXT_HIJACK_RPC : OSEXT_HIJACK_RPC_MINIMAL, Leg::round_trip,
            full ? OSEXT_HIJACK_COUNT_RPCS : OSEXT_HIJACK_COUNT_RPCS_MINIMAL,
            [answer](std::uint64_t result) { return result == answer; }};
  }
  if (workload == "interpose") {
    // The executive's thread is a child of this process.
    const auto parent = static_cast<std::uint64_t>(getpid());
    return {SYS_getppid, Leg::round_trip,
            full ? OSEXT_HIJACK_COUNT_DIRECT : OSEXT_HIJACK_COUNT_DIRECT_MINIMAL,
            [parent](std::uint64_t result) { return result == parent; },
            full ? kNoSystemCall : SYS_getppid};
  }
  // One way: the result is the time stamp taken at the other end.
  const auto counter = full ? OSEXT_HIJACK_COUNT_MARKED : OSEXT_HIJACK_COUNT_MARKED_MINIMAL;
  const auto stamped = [from = tsc_begin()](std::uint64_t result) {
    return result > from && result < tsc_end();
  };
  if (workload == "trap")
    return {full ? OSEXT_HIJACK_TRAP : OSEXT_HIJACK_TRAP_MINIMAL, Leg::there, counter, stamped};
  if (workload == "return")
    return {full ? OSEXT_HIJACK_RETURN : OSEXT_HIJACK_RETURN_MINIMAL, Leg::back, counter, stamped};
  throw std::runtime_error(fmt::format("hijack does not measure {}", workload));
}

// One loop over the call, with the walk through the guest's pages where there is one.
template <class Probe, class Walk>
std::uint64_t loop(Probe& probe, std::uint64_t pairs, std::uint64_t ops, const Call& call,
                   const Walk& walk, long argument) {
  if constexpr (std::is_same_v<Walk, NoWalk>)
    return static_cast<std::uint64_t>(
        call_loop(probe, pairs, ops, call.number, call.leg, argument));
  else
    return static_cast<std::uint64_t>(walked_call_loop(probe, pairs, walk, call.number, argument));
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
    env_ = env;
    module_file_ = module_file(env);
    executive_file_ = env.executive;
    global_by_default_ = env.machine == MachineId::sim;
    load("");
  }

  void teardown() override { unload(); }

  void measure(const PlannedCell& plan, Sampler& sampler) override {
    if (plan.phase == Phase::ready) {
      load(module_parameters(plan.cell));
      if (plan.cell.params.contains("background")) {
        session_.stop();
        return measure_hijack_timers(plan, sampler, executive_file_);
      }
      if (plan.cell.workload == "fault" || plan.cell.workload == "upcall_timer") {
        session_.stop();
        return measure_hijack_interrupts(plan, sampler, executive_file_);
      }
      if (plan.cell.experiment == "syscall_tracing") {
        session_.stop();
        return measure_hijack_tracing(plan, sampler, executive_file_);
      }
      if (plan.cell.workload == "cpu_shares") {
        session_.stop();
        HijackManager manager(executive_file_);
        return measure_cpu_service(plan, env_, sampler, &manager);
      }
      if (session_.executive_pid() < 0) session_.start(executive_file_);
      make_global(is_global(plan.cell.params));
    }
    if (plan.cell.workload == "null_syscall") return null_syscall(sampler, plan.series);
    if (plan.cell.workload == "udp_stream") return streams(plan, sampler);
    const Params& params = plan.cell.params;
    with_working_set(plan, sampler, [&](const auto& walk) {
      if (plan.cell.workload == "rpc_peer")
        peers(plan, sampler, walk);
      else
        measure_calls(plan, sampler, walk);
    });
  }

 private:
  template <class Walk>
  void measure_calls(const PlannedCell& plan, Sampler& sampler, const Walk& walk) {
    const Series& series = plan.series;
    const Params& params = plan.cell.params;
    const Call call = has(params, "kind", "executive")
                          ? paged_call(std::stol(params.at("pages")))
                          : call_of(plan.cell.workload, params.at("save") == "full");
    const osext_hijack_statistics before = session_.statistics();
    sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
      session_.join();
      const std::uint64_t refused = hijack_call(OSEXT_HIJACK_INTERPOSE_MINIMAL, call.by_assembly);
      const std::uint64_t served = count(call);
      const std::uint64_t result = loop(probe, pairs, series.ops, call, walk, call.argument);
      const std::uint64_t now = count(call);
      session_.leave();
      if (refused != 0) throw std::runtime_error("the executive does not serve it in assembly");
      if (now - served != pairs * series.ops)
        throw std::runtime_error(
            fmt::format("the executive served {} of {} calls", now - served, pairs * series.ops));
      if (!call.right(result))
        throw std::runtime_error(fmt::format("the last call answers {}", result));
    });
    const osext_hijack_statistics after = session_.statistics();
    check_engine(plan.cell.params, before, after, series.pairs() * series.ops);
    sampler.fact("fast_traps", difference(before.fast_traps, after.fast_traps));
    sampler.fact("fast_resumes", difference(before.fast_resumes, after.fast_resumes));
    sampler.fact("slow_traps", difference(before.slow_traps, after.slow_traps));
    sampler.fact("slow_resumes", difference(before.slow_resumes, after.slow_resumes));
  }

  // Two guests, each with its own memory; value and answer travel in a register by way of the
  // executive.  The server is the first to serve, this process the client.
  template <class Walk>
  void peers(const PlannedCell& plan, Sampler& sampler, const Walk& walk) {
    const std::uint64_t mask = plan.cell.params.at("bytes") == "1" ? 0xff : 0xffffffff;
    const auto answer_to = [mask](std::uint64_t value) { return (value * 5 + 3) & mask; };
    const Child server([&] {
      session_.join();
      for (std::uint64_t answer = 0;;)
        answer = answer_to(hijack_call(OSEXT_HIJACK_PEER_SERVE, answer));
    });
    const std::uint64_t value = kArgument & mask;
    const Series& series = plan.series;
    const osext_hijack_statistics before = session_.statistics();
    sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
      session_.join();
      await_server(value);
      const std::uint64_t served =
          hijack_call(OSEXT_HIJACK_STATISTICS, OSEXT_HIJACK_COUNT_PEER_CALLS);
      const Call call{OSEXT_HIJACK_PEER_CALL, Leg::round_trip, OSEXT_HIJACK_COUNT_PEER_CALLS, {}};
      const std::uint64_t answer =
          loop(probe, pairs, series.ops, call, walk, static_cast<long>(value));
      const std::uint64_t now = hijack_call(OSEXT_HIJACK_STATISTICS, OSEXT_HIJACK_COUNT_PEER_CALLS);
      session_.leave();
      if (now - served != pairs * series.ops)
        throw std::runtime_error(
            fmt::format("the peer answered {} of {} calls", now - served, pairs * series.ops));
      if (answer != answer_to(value))
        throw std::runtime_error(fmt::format("the peer's last answer is {}", answer));
    });
    const osext_hijack_statistics after = session_.statistics();
    sampler.fact("switches", difference(before.switches, after.switches));
    sampler.fact("fast_traps", difference(before.fast_traps, after.fast_traps));
  }

  // Four guests under the policy `tokens`: each its reservation (figure 7), refilled ten times a
  // second.  The executive runs above them and below ksoftirqd (workloads/udp_stream.h).
  void streams(const PlannedCell& plan, Sampler& sampler) {
    session_.stop();
    HijackSession session;
    session.start(executive_file_, {.words = tokens_for(plan.cell.params), .priority = 40});
    measure_udp_stream(plan, env_, sampler, [&] { session.join(); });
    const osext_hijack_statistics after = session.statistics();
    sampler.fact("switches", static_cast<std::int64_t>(after.switches));
    sampler.fact("fast_traps", static_cast<std::int64_t>(after.fast_traps));
    session.stop();
    session_.start(executive_file_);
  }

  // The slides give no figures: their highest and intermediate task get the paper's.
  static std::string tokens_for(const Params& params) {
    constexpr std::uint64_t kRefillsPerSecond = 10;
    std::vector<std::uint64_t> reserved_pps = {35'000, 20'000, 10'000};
    if (params.at("streams") == "slides") reserved_pps.pop_back();
    std::string words = fmt::format("policy=tokens period_ms={} tokens=", 1000 / kRefillsPerSecond);
    for (std::size_t task = 0; task < reserved_pps.size(); ++task)
      words += fmt::format("{}{}:{}", task == 0 ? "" : ",", kUdpPort + task,
                           reserved_pps[task] / kRefillsPerSecond);
    return words;
  }

  // Only while joined.
  static void await_server(std::uint64_t value) {
    constexpr int tries = 5000;
    constexpr auto not_connected = static_cast<std::uint64_t>(-ENOTCONN);
    for (int i = 0; hijack_call(OSEXT_HIJACK_PEER_CALL, value) == not_connected; ++i) {
      if (i == tries) throw std::runtime_error("the peer does not serve");
      usleep(1000);
    }
  }

  static bool has(const Params& params, const char* key, const char* value) {
    const auto found = params.find(key);
    return found != params.end() && found->second == value;
  }

  // What a row needs the module to be loaded with.
  static std::string module_parameters(const Cell& cell) {
    const Params& params = cell.params;
    if (cell.workload == "upcall_timer") return "mark_timers=1";
    if (is_isolated(params)) return "";
    if (has(params, "engine", "entry")) return "engine=entry";
    if (!has(params, "flush", "invlpg")) return "";
    // Only so many pages: the price of an executive that has no more.
    return "flush=invlpg" + (has(params, "kind", "executive")
                                 ? " test_flush_pages=" + params.at("pages")
                                 : std::string());
  }

  bool is_global(const Params& params) const {
    const auto global = params.find("global");
    if (global != params.end()) return global->second == "on";
    return global_by_default_ && !is_isolated(params);
  }

  // The kernel has page-table isolation, and with it no global pages of user memory.
  static bool is_isolated(const Params& params) { return has(params, "pti", "on"); }

  // For guests that join from now on.
  static void make_global(bool on) {
    std::ofstream parameter("/sys/module/osext_hijack/parameters/global");
    parameter << (on ? "1" : "0") << std::flush;
    if (!parameter) throw std::runtime_error("cannot set the module's parameter global");
  }

  void unload() {
    session_.stop();
    loaded_.reset();
    if (!module_.unload()) throw std::runtime_error("the kernel does not unload osext_hijack");
  }

  // Loads the module with other parameters than it has; after a failure there is none.
  void load(const std::string& parameters) {
    if (loaded_ == parameters) return;
    unload();
    module_.load(module_file_, "osext_hijack", parameters);
    try {
      session_.start(executive_file_);
    } catch (...) {
      module_.unload();
      throw;
    }
    loaded_ = parameters;
  }

  // The row names the engine that was there.  A signal or a reschedule may send single calls of the
  // direct engine through the kernel's entry; the other engine has no exceptions.
  static void check_engine(const Params& params, const osext_hijack_statistics& before,
                           const osext_hijack_statistics& after, std::uint64_t calls) {
    const bool entry = has(params, "engine", "entry");
    if (after.engine != (entry ? OSEXT_HIJACK_ENGINE_ENTRY : OSEXT_HIJACK_ENGINE_DIRECT))
      throw std::runtime_error(
          entry
              ? "the module chose its stub, not the kernel's own entry"
              : "this kernel has page-table isolation: the rows with engine=entry tell its costs");
    if (!entry) return;
    if (after.fast_traps != before.fast_traps || after.slow_traps - before.slow_traps < calls)
      throw std::runtime_error(fmt::format("{} of {} calls took the kernel's entry",
                                           after.slow_traps - before.slow_traps, calls));
  }

  static std::string module_file(const Environment& env) {
    return env.modules + "/osext_hijack.ko";
  }
  static std::int64_t difference(std::uint64_t from, std::uint64_t to) {
    return static_cast<std::int64_t>(to - from);
  }
  // Only while joined.
  static std::uint64_t count(const Call& call) {
    return hijack_call(OSEXT_HIJACK_STATISTICS, call.counter);
  }

  Environment env_;
  std::string module_file_, executive_file_;
  bool global_by_default_ = false;
  std::optional<std::string> loaded_;  // the module, with these parameters
  KernelModule module_;
  HijackSession session_;
};

const RegisterMechanism registered("hijack", [] { return std::make_unique<Hijack>(); });

}  // namespace
}  // namespace osext
