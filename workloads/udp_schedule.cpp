// SPDX-License-Identifier: GPL-2.0
#include "workloads/udp_schedule.h"

#include <random>

namespace osext {

UdpStreams streams_of(const UdpSchedule& schedule, std::uint64_t start_ns) {
  std::mt19937_64 dice(schedule.seed);
  UdpStreams streams{};
  for (int task = 0; task < kUdpTasks; ++task) {
    const auto steps_later = static_cast<std::uint64_t>(kUdpTasks - 1 - task);
    const std::uint64_t phase_ns = dice() % (OSEXT_NIC_NS_PER_S / schedule.rate_pps);
    osext_nic_stream& stream = streams[static_cast<std::size_t>(task)];
    stream.port = schedule.port + static_cast<std::uint32_t>(task);
    stream.rate_pps = schedule.rate_pps;
    stream.first_ns = start_ns + steps_later * schedule.step_ns + phase_ns;
    // All that are sent before the last step ends.
    stream.packets = OSEXT_NIC_MAX_PACKETS;
    stream.packets = osext_nic_arrived(&stream, start_ns + kUdpSteps * schedule.step_ns - 1);
  }
  return streams;
}

std::vector<std::uint64_t> sending_times(const osext_nic_stream& stream) {
  std::vector<std::uint64_t> sent_ns(stream.packets);
  for (std::uint64_t serial = 0; serial < stream.packets; ++serial)
    sent_ns[serial] = osext_nic_arrival_ns(&stream, serial);
  return sent_ns;
}

}  // namespace osext
