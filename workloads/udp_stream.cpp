// SPDX-License-Identifier: GPL-2.0
#include "workloads/udp_stream.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>

#include "workloads/child.h"
#include "workloads/instant.h"
#include "workloads/softirq_thread.h"
#include "workloads/udp_socket.h"

namespace osext {
namespace {

constexpr int kTaskPriority = 10;  // the lowest that a task has
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

// What must hold exactly once nothing is under way any more; what a sender's packets met on the way
// nobody knows.
void check_balance(int task, const UdpTaskResult& result, PacketOrigin origin) {
  const std::uint64_t known = result.delivered + result.dropped_by_socket +
                              result.dropped_by_extension + result.dropped_by_card;
  if (known == result.offered || (origin != PacketOrigin::card && known < result.offered)) return;
  throw std::runtime_error(
      fmt::format("Task{}: {} packets offered, {} delivered; {} dropped by the card, {} by the "
                  "socket, {} by an extension",
                  task, result.offered, result.delivered, result.dropped_by_card,
                  result.dropped_by_socket, result.dropped_by_extension));
}

// The tasks, started and waiting for packets.
class Tasks {
 public:
  Tasks(const UdpStreamPlan& plan, std::uint32_t address)
      : address_(address), port_(plan.schedule.port) {
    const std::uint64_t most =
        plan.schedule.rate_pps * kUdpSteps * plan.schedule.step_ns / OSEXT_NIC_NS_PER_S + 1;
    for (int task = 0; task < kUdpTasks; ++task) logs_.push_back(TaskLog(most));
    for (int task = kUdpTasks - 1; task >= 0; --task)
      children_.push_back(std::make_unique<Child>([this, task, &plan] {
        if (plan.enter) plan.enter();
        receive_packets(address_, port_of(task), plan.priority[static_cast<std::size_t>(task)],
                        log(task));
      }));
    for (int task = 0; task < kUdpTasks; ++task)
      nap_until([&] { return state(task).has_value(); }, "a task does not start");
  }

  // Returns when the tasks have received all that is left in their queues.
  void drain() {
    for (int task = 0; task < kUdpTasks; ++task)
      nap_until(
          [&] {
            const auto socket = state(task);
            if (!socket) throw std::runtime_error(fmt::format("Task{} has ended early", task));
            return socket->queued_bytes == 0;
          },
          "packets stay in a task's queue");
    for (const auto& child : children_) child->until_blocked();
  }

  TaskLog& log(int task) { return logs_[static_cast<std::size_t>(task)]; }
  std::span<Reception> received(int task) {
    TaskLog& of = log(task);
    const std::uint64_t count =
        std::atomic_ref(of.progress[0].received).load(std::memory_order_acquire);
    return {of.receptions.data(), count};
  }
  std::optional<SocketState> state(int task) const { return socket_state(address_, port_of(task)); }

 private:
  std::uint32_t port_of(int task) const { return port_ + static_cast<std::uint32_t>(task); }

  std::uint32_t address_, port_;
  std::vector<TaskLog> logs_;
  std::vector<std::unique_ptr<Child>> children_;
};

}  // namespace

namespace {

std::vector<WindowFigures> figures(std::span<Reception> log, const osext_nic_stream& stream,
                                   const Windows& windows, const Timeline& timeline,
                                   PacketOrigin origin) {
  for (Reception& packet : log)  // by the sender's clock
    packet.received_ns += static_cast<std::uint64_t>(timeline.ahead_ns);
  return stream_figures(log, sending_times(stream), windows,
                        origin == PacketOrigin::card ? Sending::exact : Sending::late);
}

// The sender's clock cannot be behind a packet's arrival: the fastest one tells the distance best.
void correct(Timeline& timeline, Tasks& tasks) {
  for (int task = 0; task < kUdpTasks; ++task)
    for (const Reception& packet : tasks.received(task))
      timeline.ahead_ns = std::max(timeline.ahead_ns,
                                   static_cast<std::int64_t>(packet.sent_ns - packet.received_ns));
}

}  // namespace

UdpStreamResult udp_stream(const UdpStreamPlan& plan) {
  const SoftirqPriority softirqs(kSoftirqPriority);
  const auto source = make_packet_source(plan.origin, plan.ring_packets, plan.moderation_ns);
  Tasks tasks(plan, source->address());
  Timeline timeline = source->start(plan.schedule, [&] { return tasks.received(kUdpTasks - 1); });
  const std::uint64_t start_ns =
      timeline.start_ns + static_cast<std::uint64_t>(timeline.ahead_ns);  // by the sender's clock
  sleep_until(timeline.start_ns + kUdpSteps * plan.schedule.step_ns);
  const UdpStreams streams = streams_of(plan.schedule, start_ns);
  const CardCounts card = source->finish(streams);
  tasks.drain();

  if (plan.origin == PacketOrigin::remote) correct(timeline, tasks);
  const std::uint64_t window_ns = plan.schedule.step_ns / kUdpWindowsAStep;
  const Windows windows{start_ns, window_ns, kUdpSteps * kUdpWindowsAStep};
  UdpStreamResult result{};
  result.interrupts = card.interrupts;
  result.polls = card.polls;
  for (int task = 0; task < kUdpTasks; ++task) {
    const auto i = static_cast<std::size_t>(task);
    const std::span<Reception> log = tasks.received(task);
    UdpTaskResult& one = result.tasks[i];
    one.windows = figures(log, streams[i], windows, timeline, plan.origin);
    one.offered = streams[i].packets;
    one.delivered = log.size();
    one.dropped_by_socket = tasks.state(task).value().drops;
    one.dropped_by_card = card.dropped[i];
    if (plan.refused) one.dropped_by_extension = plan.refused(task);
    one.reads = tasks.log(task).progress[0].reads;
    check_balance(task, one, plan.origin);
    one.lost_on_the_way = one.offered - one.delivered - one.dropped_by_socket -
                          one.dropped_by_extension - one.dropped_by_card;
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
