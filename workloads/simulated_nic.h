// SPDX-License-Identifier: GPL-2.0
// The simulated NIC (osext/nic.h) as its user sees it: up while an object lives.
#pragma once

#include <osext/nic.h>

#include <cstdint>
#include <optional>

namespace osext {

class SimulatedNic {
 public:
  // Needs the module loaded, and root.  Throws std::system_error.
  SimulatedNic();
  SimulatedNic(const SimulatedNic&) = delete;
  SimulatedNic& operator=(const SimulatedNic&) = delete;
  ~SimulatedNic();  // silent, and the interface down

  void start(const osext_nic_plan& plan);
  osext_nic_counters counters() const;

 private:
  int device_ = -1;
};

// A UDP socket that receives what the NIC sends to `port`.  Throws std::system_error.
int bound_udp_socket(std::uint32_t port);

// What Linux shows of a UDP socket that is bound to the NIC's address.
struct SocketState {
  std::uint64_t queued_bytes;
  std::uint64_t drops;  // packets that found its queue full
};
// Empty if no socket is bound to the port.
std::optional<SocketState> socket_state(std::uint32_t port);

}  // namespace osext
