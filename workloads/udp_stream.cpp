// SPDX-License-Identifier: GPL-2.0
#include "workloads/udp_stream.h"

#include <fmt/core.h>

#include <memory>
#include <random>
#include <stdexcept>

#include "workloads/child.h"
#include "workloads/instant.h"
#include "workloads/simulated_nic.h"
#include "workloads/softirq_thread.h"

namespace osext {
namespace {

constexpr std::uint64_t kLeadNs = 10'000'000;  // from handing in the plan to the first packet
constexpr int kTaskPriority = 10;              // the lowest that a task has
constexpr int kSoftirqPriority = 50;

// Sleeps in short naps until `done`; throws std::runtime_error with `what` after too many.
template <class Condition>
void nap_until(Condition done, const char* what) {
  constexpr int kNaps = 2000;
  constexpr std::uint64_t kNapNs = 1'000'000;
  for (int i = 0; i < kNaps; ++i) {
    if (done()) return;
    sleep_until(monotonic_ns() + kNapNs);
  }
  throw std::runtime_error(what);
}

std::uint32_t port_of(int task) {
  return kUdpPort + static_cast<std::uint32_t>(task);
}

osext_nic_stream stream_of(const UdpStreamPlan& plan, int task, std::uint64_t start_ns,
                           std::uint64_t phase_ns) {
  const auto steps_later = static_cast<std::uint64_t>(kUdpTasks - 1 - task);
  osext_nic_stream stream{};
  stream.port = port_of(task);
  stream.rate_pps = plan.rate_pps;
  stream.first_ns = start_ns + steps_later * plan.step_ns + phase_ns;
  // All that are sent before the last window closes.
  stream.packets = OSEXT_NIC_MAX_PACKETS;
  stream.packets = osext_nic_arrived(&stream, start_ns + kUdpSteps * plan.step_ns - 1);
  return stream;
}

osext_nic_plan card_plan(const UdpStreamPlan& plan, std::uint64_t start_ns) {
  std::mt19937_64 dice(plan.seed);
  osext_nic_plan card{};
  card.streams = kUdpTasks;
  card.ring_packets = plan.ring_packets;
  card.moderation_ns = plan.moderation_ns;
  for (int task = 0; task < kUdpTasks; ++task)
    card.stream[task] =
        stream_of(plan, task, start_ns, dice() % (OSEXT_NIC_NS_PER_S / plan.rate_pps));
  return card;
}

std::vector<std::uint64_t> sending_times(const osext_nic_stream& stream) {
  std::vector<std::uint64_t> sent_ns(stream.packets);
  for (std::uint64_t serial = 0; serial < stream.packets; ++serial)
    sent_ns[serial] = osext_nic_arrival_ns(&stream, serial);
  return sent_ns;
}

// What must hold exactly once nothing is under way any more.
void check_balance(int task, const UdpTaskResult& result, const osext_nic_stream_counters& card) {
  if (result.offered != card.offered ||
      card.offered != card.handed + result.dropped_by_card + card.unbuilt || card.unbuilt != 0 ||
      card.handed != result.delivered + result.dropped_by_socket)
    throw std::runtime_error(
        fmt::format("Task{}: {} packets offered, {} handed to the stack, {} delivered; {} dropped "
                    "by the card, {} by the socket",
                    task, result.offered, card.handed, result.delivered, result.dropped_by_card,
                    result.dropped_by_socket));
}

// The tasks, started and waiting for packets.
class Tasks {
 public:
  explicit Tasks(const UdpStreamPlan& plan) {
    const std::uint64_t most = plan.rate_pps * kUdpSteps * plan.step_ns / OSEXT_NIC_NS_PER_S + 1;
    for (int task = 0; task < kUdpTasks; ++task) logs_.push_back(TaskLog(most));
    for (int task = kUdpTasks - 1; task >= 0; --task)
      children_.push_back(std::make_unique<Child>([this, task, &plan] {
        if (plan.enter) plan.enter();
        receive_packets(port_of(task), plan.priority[static_cast<std::size_t>(task)], log(task));
      }));
    for (int task = 0; task < kUdpTasks; ++task)
      nap_until([&] { return socket_state(port_of(task)).has_value(); }, "a task does not start");
  }

  // Returns when the tasks have received all that is left in their queues.
  void drain() {
    for (int task = 0; task < kUdpTasks; ++task)
      nap_until(
          [&] {
            const auto socket = socket_state(port_of(task));
            if (!socket) throw std::runtime_error(fmt::format("Task{} has ended early", task));
            return socket->queued_bytes == 0;
          },
          "packets stay in a task's queue");
    for (const auto& child : children_) child->until_blocked();
  }

  TaskLog& log(int task) { return logs_[static_cast<std::size_t>(task)]; }

 private:
  std::vector<TaskLog> logs_;
  std::vector<std::unique_ptr<Child>> children_;
};

}  // namespace

UdpStreamResult udp_stream(const UdpStreamPlan& plan) {
  const SoftirqPriority softirqs(kSoftirqPriority);
  SimulatedNic nic;
  Tasks tasks(plan);
  const std::uint64_t start_ns = monotonic_ns() + kLeadNs;
  const osext_nic_plan card = card_plan(plan, start_ns);
  nic.start(card);
  sleep_until(start_ns + kUdpSteps * plan.step_ns);
  tasks.drain();

  const osext_nic_counters counters = nic.counters();
  const std::uint64_t window_ns = plan.step_ns / kUdpWindowsAStep;
  const Windows windows{start_ns, window_ns, kUdpSteps * kUdpWindowsAStep};
  UdpStreamResult result{};
  result.interrupts = counters.interrupts;
  result.polls = counters.polls;
  for (int task = 0; task < kUdpTasks; ++task) {
    TaskLog& log = tasks.log(task);
    const std::uint64_t delivered = log.progress[0].received;
    UdpTaskResult& one = result.tasks[static_cast<std::size_t>(task)];
    one.windows = stream_figures({log.receptions.data(), delivered},
                                 sending_times(card.stream[task]), windows);
    one.offered = card.stream[task].packets;
    one.delivered = delivered;
    one.dropped_by_card = counters.stream[task].ring_dropped;
    one.dropped_by_socket = socket_state(port_of(task)).value().drops;
    one.reads = log.progress[0].reads;
    check_balance(task, one, counters.stream[task]);
  }
  return result;
}

std::array<RoundRobinPriority, kUdpTasks> same_priorities() {
  return {kTaskPriority, kTaskPriority, kTaskPriority, kTaskPriority};
}

std::array<RoundRobinPriority, kUdpTasks> different_priorities() {
  return {kTaskPriority + 3, kTaskPriority + 2, kTaskPriority + 1, kTaskPriority};
}

}  // namespace osext
