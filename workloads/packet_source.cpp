// SPDX-License-Identifier: GPL-2.0
#include "workloads/packet_source.h"

#include <fmt/core.h>
#include <sched.h>

#include <algorithm>
#include <stdexcept>

#include "workloads/child.h"
#include "workloads/instant.h"
#include "workloads/simulated_nic.h"
#include "workloads/udp_sender.h"

namespace osext {
namespace {

constexpr std::uint64_t kLeadNs = 10'000'000;  // from the start to the first packet

class Card final : public PacketSource {
 public:
  Card(std::uint32_t ring_packets, std::uint32_t moderation_ns) {
    plan_.streams = kUdpTasks;
    plan_.ring_packets = ring_packets;
    plan_.moderation_ns = moderation_ns;
  }

  std::uint32_t address() const override { return OSEXT_NIC_TARGET_ADDRESS; }

  Timeline start(const UdpSchedule& schedule, const Received&) override {
    const std::uint64_t start_ns = monotonic_ns() + kLeadNs;
    const UdpStreams streams = streams_of(schedule, start_ns);
    std::copy(streams.begin(), streams.end(), plan_.stream);
    nic_.start(plan_);
    return {start_ns, 0};
  }

  CardCounts finish(const UdpStreams& streams) override {
    const osext_nic_counters counters = nic_.counters();
    CardCounts result{counters.interrupts, counters.polls, {}};
    for (std::size_t i = 0; i < kUdpTasks; ++i) {
      const osext_nic_stream_counters& one = counters.stream[i];
      result.dropped[i] = one.ring_dropped;
      if (one.offered != streams[i].packets || one.unbuilt != 0 ||
          one.offered != one.handed + one.ring_dropped)
        throw std::runtime_error(fmt::format(
            "Task{}: of {} packets the card saw {}, handed {} to the stack, dropped {} "
            "and had no memory for {}",
            i, streams[i].packets, one.offered, one.handed, one.ring_dropped, one.unbuilt));
    }
    return result;
  }

 private:
  SimulatedNic nic_;
  osext_nic_plan plan_{};
};

constexpr std::uint32_t kLoopback = 0x7f000001;

// Away from the CPU that the calling thread is pinned to.
void leave_this_cpu() {
  cpu_set_t here, others;
  if (sched_getaffinity(0, sizeof here, &here) != 0) throw std::runtime_error("no affinity");
  CPU_ZERO(&others);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (!CPU_ISSET(cpu, &here)) CPU_SET(cpu, &others);
  if (sched_setaffinity(0, sizeof others, &others) != 0)
    throw std::runtime_error("a sender on this computer needs a CPU of its own");
}

class LocalSender final : public PacketSource {
 public:
  std::uint32_t address() const override { return kLoopback; }

  Timeline start(const UdpSchedule& schedule, const Received&) override {
    const std::uint64_t start_ns = monotonic_ns() + kLeadNs;
    sender_ = std::make_unique<Child>([streams = streams_of(schedule, start_ns)] {
      leave_this_cpu();
      send_streams(kLoopback, streams);
    });
    return {start_ns, 0};
  }

  CardCounts finish(const UdpStreams&) override {
    sender_->join();
    return {};
  }

 private:
  std::unique_ptr<Child> sender_;
};

class RemoteSender final : public PacketSource {
 public:
  std::uint32_t address() const override { return 0; }  // any of this computer's

  Timeline start(const UdpSchedule& schedule, const Received& latest) override {
    latest_ = latest;
    constexpr int kNaps = 60'000;
    constexpr std::uint64_t kNapNs = 1'000'000;
    int naps = 0;
    while (latest().empty()) {
      if (++naps == kNaps) throw std::runtime_error("no packet came within a minute");
      sleep_until(monotonic_ns() + kNapNs);
    }
    const Reception first = latest().front();
    const osext_nic_stream stream = streams_of(schedule, 0)[kUdpTasks - 1];
    const std::uint64_t since_start_ns = osext_nic_arrival_ns(&stream, first.serial);
    return {first.received_ns - since_start_ns,
            static_cast<std::int64_t>(first.sent_ns - first.received_ns)};
  }

  // The sender may be late: until nothing came for a while.
  CardCounts finish(const UdpStreams&) override {
    constexpr std::uint64_t kSilenceNs = 500'000'000;
    for (std::size_t before = 0; latest_().size() != before;) {
      before = latest_().size();
      sleep_until(monotonic_ns() + kSilenceNs);
    }
    return {};
  }

 private:
  Received latest_;
};

}  // namespace

std::unique_ptr<PacketSource> make_packet_source(PacketOrigin origin, std::uint32_t ring_packets,
                                                 std::uint32_t moderation_ns) {
  switch (origin) {
    case PacketOrigin::card:
      return std::make_unique<Card>(ring_packets, moderation_ns);
    case PacketOrigin::local:
      return std::make_unique<LocalSender>();
    case PacketOrigin::remote:
      return std::make_unique<RemoteSender>();
  }
  throw std::logic_error("no such origin of packets");
}

}  // namespace osext
