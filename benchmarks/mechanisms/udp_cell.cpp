// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/udp_cell.h"

#include <fmt/core.h>
#include <osext/nic.h>

#include <chrono>
#include <optional>
#include <stdexcept>

#include "benchmarks/mechanisms/kernel_module.h"
#include "workloads/nic_receive.h"
#include "workloads/udp_stream.h"

namespace osext {
namespace {

constexpr std::uint32_t kPaperPps = 42'000;
constexpr std::uint32_t kSlidesPps = 44'000;

class CardModule {
 public:
  explicit CardModule(const Environment& env) {
    module_.load(env.modules + "/osext_nic.ko", "osext_nic");
  }

 private:
  KernelModule module_;
};

// The slides' tasks: highest, intermediate, and two of best effort.
std::array<RoundRobinPriority, kUdpTasks> priorities_of(const std::string& policy, bool slides) {
  if (policy == "same_prio" || policy == "uls" || policy == "safex") return same_priorities();
  if (policy != "diff_prio") return {};
  auto priorities = different_priorities();
  if (slides) priorities[2] = priorities[3];
  return priorities;
}

void report(const UdpTaskResult& result, int task, std::uint64_t window_ns, PacketOrigin origin,
            bool refused, Sampler& sampler) {
  const auto per_second = [&](std::uint64_t packets) {
    return static_cast<std::int64_t>(packets * OSEXT_NIC_NS_PER_S / window_ns);
  };
  for (std::size_t i = 0; i < result.windows.size(); ++i) {
    const WindowFigures& window = result.windows[i];
    if (window.offered == 0) continue;  // its stream has not started
    const Params labels = {{"task", std::to_string(task)}, {"window", std::to_string(i)}};
    const auto one = [&](std::string_view metric, std::uint64_t packets) {
      const std::int64_t value = per_second(packets);
      sampler.report(metric, {&value, 1}, labels);
    };
    one("offered_pps", window.offered);
    one("delivered_pps", window.delivered);
    one("dropped_pps", window.dropped);
    // None: the stream stood still in this window, its jitter is infinite.
    if (!window.jitter_ns.empty()) sampler.report("jitter_ns", window.jitter_ns, labels);
  }
  const auto fact = [&](const char* name, std::uint64_t value) {
    sampler.fact(fmt::format("task{}_{}", task, name), static_cast<std::int64_t>(value));
  };
  fact("offered", result.offered);
  fact("delivered", result.delivered);
  if (origin == PacketOrigin::card)
    fact("dropped_by_card", result.dropped_by_card);
  else
    fact("lost_on_the_way", result.lost_on_the_way);
  fact("dropped_by_socket", result.dropped_by_socket);
  if (refused) fact("dropped_by_extension", result.dropped_by_extension);
  fact("reads", result.reads);
}

}  // namespace

void measure_udp_stream(const PlannedCell& plan, const Environment& env, Sampler& sampler,
                        const std::function<void()>& enter,
                        const std::function<std::uint64_t(int task)>& refused) {
  // On this computer a sender does the sending, in a machine the simulated NIC.
  const bool sender = env.machine == MachineId::native;
  std::optional<CardModule> card;
  if (!sender) card.emplace(env);
  const bool slides = plan.cell.params.at("streams") == "slides";
  UdpStreamPlan stream{};
  stream.origin = sender ? PacketOrigin::local : PacketOrigin::card;
  stream.schedule.rate_pps = slides ? kSlidesPps : kPaperPps;
  stream.schedule.step_ns =
      static_cast<std::uint64_t>(std::chrono::nanoseconds(plan.window).count()) / kUdpSteps;
  stream.schedule.seed = env.seed;
  stream.priority = priorities_of(plan.cell.params.at("policy"), slides);
  stream.enter = enter;
  stream.refused = refused;
  const UdpStreamResult result = udp_stream(stream);
  for (int task = 0; task < kUdpTasks; ++task)
    report(result.tasks[static_cast<std::size_t>(task)], task,
           stream.schedule.step_ns / kUdpWindowsAStep, stream.origin, refused != nullptr, sampler);
  sampler.fact("window_ns", static_cast<std::int64_t>(stream.schedule.step_ns / kUdpWindowsAStep));
  sampler.fact("card_interrupts", static_cast<std::int64_t>(result.interrupts));
  sampler.fact("card_polls", static_cast<std::int64_t>(result.polls));
}

void measure_nic_receive(const PlannedCell& plan, const Environment& env, Sampler& sampler) {
  const CardModule card(env);
  const NicLoad load = plan.cell.params.at("load") == "single" ? NicLoad::single : NicLoad::burst;
  const NicReceiveResult result =
      nic_receive(load, plan.series.count, UdpStreamPlan{}.moderation_ns);
  sampler.report("time_ns", result.extra_ns, {}, result.packets);
}

}  // namespace osext
