// SPDX-License-Identifier: GPL-2.0
#include "workloads/nic_receive.h"

#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "workloads/instant.h"
#include "workloads/simulated_nic.h"
#include "workloads/udp_socket.h"

namespace osext {
namespace {

constexpr std::uint32_t kPort = 7100;
constexpr std::uint64_t kPackets = 150;       // a socket's queue of the default size holds 167
constexpr std::uint64_t kLeadNs = 1'000'000;  // from handing in the plan to the first packet

// Two instructions a round.
[[gnu::noinline]] std::uint64_t spin_ns(std::uint64_t rounds) {
  const std::uint64_t from_ns = monotonic_ns();
  for (std::uint64_t i = rounds; i != 0; --i) asm volatile("" : "+r"(i));
  return monotonic_ns() - from_ns;
}

std::uint64_t drain(int socket) {
  std::uint64_t packets = 0;
  osext_nic_payload payload;
  while (recv(socket, &payload, sizeof payload, MSG_DONTWAIT) == sizeof payload) ++packets;
  return packets;
}

class Socket {
 public:
  explicit Socket(std::uint32_t port)
      : descriptor_(bound_udp_socket(OSEXT_NIC_TARGET_ADDRESS, port)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { close(descriptor_); }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

NicReceiveResult nic_receive(NicLoad load, std::uint64_t trials, std::uint32_t moderation_ns) {
  SimulatedNic nic;
  const Socket socket(kPort);
  osext_nic_plan plan{};
  plan.streams = 1;
  plan.ring_packets = OSEXT_NIC_MAX_RING;
  plan.moderation_ns = moderation_ns;
  plan.stream[0].port = kPort;
  plan.stream[0].packets = kPackets;
  plan.stream[0].rate_pps = load == NicLoad::single ? 5'000 : 168'000;
  // Twice as long as the packets take to come, by a loop of known length.
  constexpr std::uint64_t kProbeRounds = 1'000'000;
  const std::uint64_t span_ns =
      kLeadNs + kPackets * OSEXT_NIC_NS_PER_S / plan.stream[0].rate_pps + moderation_ns;
  const std::uint64_t rounds = 2 * span_ns * kProbeRounds / spin_ns(kProbeRounds);

  NicReceiveResult result{kPackets, {}};
  for (std::uint64_t trial = 0; trial < trials; ++trial) {
    const std::uint64_t silent_ns = spin_ns(rounds);
    plan.stream[0].first_ns = monotonic_ns() + kLeadNs;
    nic.start(plan);
    const std::uint64_t busy_ns = spin_ns(rounds);
    if (const std::uint64_t received = drain(socket.descriptor()); received != kPackets)
      throw std::runtime_error(
          fmt::format("{} of {} packets came in during the loop", received, kPackets));
    result.extra_ns.push_back(static_cast<std::int64_t>(busy_ns - silent_ns));
  }
  return result;
}

}  // namespace osext
