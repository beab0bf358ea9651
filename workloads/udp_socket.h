// SPDX-License-Identifier: GPL-2.0
// A task's socket: made as any program makes it, and what Linux shows of it.
#pragma once

#include <cstdint>
#include <optional>

namespace osext {

// A UDP socket that receives what comes for `port` at an IPv4 address (host byte order; 0: any).
// Throws std::system_error.
int bound_udp_socket(std::uint32_t address, std::uint32_t port);

struct SocketState {
  std::uint64_t queued_bytes;
  std::uint64_t drops;  // packets that found its queue full
};
// Empty if no socket is bound so.
std::optional<SocketState> socket_state(std::uint32_t address, std::uint32_t port);

}  // namespace osext
