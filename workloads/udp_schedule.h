// SPDX-License-Identifier: GPL-2.0
// When which packet of the four streams is sent: the same arithmetic for whoever sends and whoever
// judges what came.
//
// Task3's stream starts first, Task2's, Task1's and Task0's each a step later, and the last one is
// followed by two steps of full load.  Each stream starts at a phase within one packet's time that
// the seed draws.
#pragma once

#include <osext/nic.h>

#include <array>
#include <cstdint>
#include <vector>

namespace osext {

inline constexpr int kUdpTasks = 4;
inline constexpr int kUdpSteps = 5;              // of which the last two have all four streams
inline constexpr std::uint32_t kUdpPort = 7000;  // of Task0; the others follow

struct UdpSchedule {
  std::uint32_t rate_pps = 42'000;  // of each stream; at least 1, at most OSEXT_NIC_MAX_RATE_PPS
  std::uint64_t step_ns = 0;
  std::uint64_t seed = 1;
  std::uint32_t port = kUdpPort;
};

using UdpStreams = std::array<osext_nic_stream, kUdpTasks>;  // by task

// The first step begins at `start_ns`, on whatever clock.
UdpStreams streams_of(const UdpSchedule& schedule, std::uint64_t start_ns);

// By serial number.
std::vector<std::uint64_t> sending_times(const osext_nic_stream& stream);

}  // namespace osext
