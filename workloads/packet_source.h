// SPDX-License-Identifier: GPL-2.0
// Where udp_stream's packets come from: the simulated NIC, a sender on another CPU of this
// computer, or one on another computer.
//
//   card    exact instants, no sender, and it counts what it drops
//   local   through the loopback interface: the receiving side's network code runs on the sender's
//           CPU, so it costs the tasks less than a card's packets do
//   remote  whatever lies between; its clock is another one, whose distance is estimated by the
//           fastest packet
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "workloads/stream_figures.h"
#include "workloads/udp_schedule.h"

namespace osext {

enum class PacketOrigin { card, local, remote };

struct CardCounts {  // zero without a card
  std::uint64_t interrupts, polls;
  std::array<std::uint64_t, kUdpTasks> dropped;  // found the receive ring full
};

// When the first step began.
struct Timeline {
  std::uint64_t start_ns;  // by this computer's clock
  std::int64_t ahead_ns;   // of the sender's clock
};

class PacketSource {
 public:
  virtual ~PacketSource() = default;

  virtual std::uint32_t address() const = 0;  // where the tasks receive; IPv4, host byte order

  // The tasks wait for packets.  `latest`: what Task3 received so far, its stream is the first; for
  // a sender that must be waited for.  Throws std::runtime_error if none comes.
  using Received = std::function<std::span<const Reception>()>;
  virtual Timeline start(const UdpSchedule& schedule, const Received& latest) = 0;

  // All steps are over.  Throws std::runtime_error when the source failed, or its counts cannot be
  // true.
  virtual CardCounts finish(const UdpStreams& streams) = 0;
};

// `ring_packets` and `moderation_ns` are the card's.  A card needs the simulated NIC's module and
// root, a local sender a CPU besides the calling thread's.  Throws std::runtime_error.
std::unique_ptr<PacketSource> make_packet_source(PacketOrigin origin, std::uint32_t ring_packets,
                                                 std::uint32_t moderation_ns);

}  // namespace osext
