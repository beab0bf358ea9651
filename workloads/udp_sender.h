// SPDX-License-Identifier: GPL-2.0
// A sender of the four streams, where there is no simulated NIC: on this computer, on a CPU of its
// own, or on another one (osext-udp-send).
#pragma once

#include <cstdint>

#include "workloads/udp_schedule.h"

namespace osext {

struct SendingResult {
  std::uint64_t packets;
  std::uint64_t latest_ns;  // how far behind its instant a packet was sent at most
};

// Sends each packet, an osext_nic_payload, at its instant of CLOCK_MONOTONIC, or as soon after it
// as this computer can; waits busily.  `address` is IPv4 in host byte order.  The payload says when
// the packet was really sent.  A port that nobody listens to is no error.  Throws
// std::system_error.
SendingResult send_streams(std::uint32_t address, const UdpStreams& streams);

// An IPv4 address, dotted; throws std::invalid_argument.
std::uint32_t parse_address(const char* text);

}  // namespace osext
