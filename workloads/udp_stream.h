// SPDX-License-Identifier: GPL-2.0
// udp_stream: four streams of UDP packets, and four tasks that receive them (Hijack paper, 3.3).
//
//   measures: for each task and each window of time the packets delivered to it and dropped, and
//   the
//             jitter of each pair that it received one after the other; who dropped how many
//   excludes: sending: packets come from the simulated NIC at exact instants, or from a sender on
//             another CPU or computer (packet_source.h).  The end: packets that still lay in a
//             queue when the last window closed are received and counted, but stand in no window
//   expected: under equal priorities about half of what is offered is delivered once all streams
//             run, and each stream gets a quarter of it
//   confounders: the work on each packet (udp_task.h) decides where overload begins; the ring's
//             length and the interrupt moderation of the card; where the kernel runs its network
//             softirq when there is much to do (here: ksoftirqd above the tasks, see below)
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "workloads/packet_source.h"
#include "workloads/stream_figures.h"
#include "workloads/udp_schedule.h"
#include "workloads/udp_task.h"

namespace osext {

inline constexpr int kUdpWindowsAStep = 2;

struct UdpStreamPlan {
  UdpSchedule schedule;
  PacketOrigin origin = PacketOrigin::card;
  std::array<RoundRobinPriority, kUdpTasks> priority;
  // Not empty: what each task's process does before it becomes the task.
  std::function<void()> enter = {};
  // Not empty: how many of a task's packets something else dropped that saw them arrive.
  std::function<std::uint64_t(int task)> refused = {};
  std::uint32_t ring_packets = 256;       // as many as most drivers' rings hold at first
  std::uint32_t moderation_ns = 125'000;  // 8000 interrupts a second at most, a usual setting
};

struct UdpTaskResult {
  std::vector<WindowFigures> windows;
  std::uint64_t offered;
  std::uint64_t delivered;
  std::uint64_t dropped_by_card;    // found the receive ring full; 0 without the simulated card
  std::uint64_t lost_on_the_way;    // between a sender and the socket, nobody knows where
  std::uint64_t dropped_by_socket;  // found the socket's queue full
  std::uint64_t dropped_by_extension;
  std::uint64_t reads;  // calls of read() that brought packets
};

struct UdpStreamResult {
  std::array<UdpTaskResult, kUdpTasks> tasks;
  std::uint64_t interrupts;
  std::uint64_t polls;
};

// Needs root, one CPU for the tasks, and what the packets' origin needs.  While it runs, ksoftirqd
// has a real-time priority above the tasks': the kernel hands it the network's work when there is
// much of it, and real-time tasks could starve it.  Throws std::runtime_error, also when offered =
// delivered + dropped does not hold exactly.
UdpStreamResult udp_stream(const UdpStreamPlan& plan);

// SCHED_RR priorities of the papers' two policies; higher goes first.
std::array<RoundRobinPriority, kUdpTasks> same_priorities();
std::array<RoundRobinPriority, kUdpTasks> different_priorities();

}  // namespace osext
