// SPDX-License-Identifier: GPL-2.0
// nic_receive: what the machine pays for a packet until it lies in a socket's queue.
//
//   measures: how much longer a loop takes while packets come in, against the same loop just before
//             in silence: interrupt, poll, building the packet as the card's driver would, GRO, IP,
//             UDP, the queue.  The loop is long; the packets all come within it
//   excludes: waking a receiver (none waits) and read()
//   expected: 3,000 to 7,000 instructions; less when many packets share an interrupt
//   confounders: a clock tick more or less in one of the two loops: compare medians
#pragma once

#include <cstdint>
#include <vector>

namespace osext {

enum class NicLoad {
  single,  // 5,000 packets/s: an interrupt each
  burst,   // 168,000 packets/s: as in full load, many share an interrupt
};

struct NicReceiveResult {
  std::uint64_t packets;               // of each trial
  std::vector<std::int64_t> extra_ns;  // of each trial, for all its packets
};

// Needs the simulated NIC's module loaded, root, one CPU.  Throws std::runtime_error.
NicReceiveResult nic_receive(NicLoad load, std::uint64_t trials, std::uint32_t moderation_ns);

}  // namespace osext
