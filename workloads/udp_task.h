// SPDX-License-Identifier: GPL-2.0
// A receiving task: takes packets from its port, notes when each one came, and works on each.
//
// It is an ordinary program: socket(), bind(), read() that blocks.  Its buffer holds many packets,
// because one read() may answer with several (an executive that reads ahead); on plain Linux it
// never does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "measure/shared_array.h"
#include "workloads/stream_figures.h"

namespace osext {

// The work on each packet is statistics over the latest packets: the mean, the least and the most
// of their jitters, computed anew: 9 instructions for each of them as g++ 12 compiles it.  Of so
// many packets, chosen by measurement (at 10^9 instructions a second, Linux 6.12): four tasks of
// one priority then receive 83,000 packets/s, half of 4 x 42,000, so that the paper's reservations,
// 65,000/s in all, are feasible.  With 256 packets it is 94,000/s, with 384 72,000/s; Linux 6.1
// needs less for a packet and delivers more.
inline constexpr std::size_t kStatisticsPackets = 300;

// What a task leaves, in memory that it shares with its parent.
struct TaskProgress {
  std::uint64_t received;  // entries of the log that are complete
  std::uint64_t reads;     // calls of read() that brought packets
  std::int64_t mean_ns;    // the statistics as of the latest packet
  std::int64_t least_ns;
  std::int64_t most_ns;
};

struct TaskLog {
  explicit TaskLog(std::size_t packets) : progress(1), receptions(packets) {}
  SharedArray<TaskProgress> progress;
  SharedArray<Reception> receptions;
};

// How Linux is to schedule the task: SCHED_RR with this priority, or, if none, as its parent.
using RoundRobinPriority = std::optional<int>;

// Receives until it is killed.  Throws std::system_error, or std::runtime_error when more comes in
// than the log holds or than a packet is.
[[noreturn]] void receive_packets(std::uint32_t address, std::uint32_t port,
                                  RoundRobinPriority priority, TaskLog& log);

}  // namespace osext
