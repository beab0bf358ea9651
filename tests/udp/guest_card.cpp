// SPDX-License-Identifier: GPL-2.0
// Inside the machine: what the simulated NIC's control device accepts and refuses, and that a card
// whose ring is short drops there.
//   udp-card
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <functional>

#include "workloads/instant.h"
#include "workloads/simulated_nic.h"
#include "workloads/udp_socket.h"

namespace {

using namespace osext;

int failures = 0;

void check(bool good, const char* what) {
  fmt::print("{}: {}\n", good ? "ok" : "FAILED", what);
  if (!good) ++failures;
}

osext_nic_plan sound_plan() {
  osext_nic_plan plan{};
  plan.streams = 1;
  plan.ring_packets = 4;
  plan.stream[0] = {monotonic_ns() + 1'000'000'000, 100, 1000, 7200};
  return plan;
}

// What errno START answers to a plan that is sound but for `spoil`; 0 if it is taken.
int answer(int device, const std::function<void(osext_nic_plan&)>& spoil) {
  osext_nic_plan plan = sound_plan();
  spoil(plan);
  return ioctl(device, OSEXT_NIC_START, &plan) == 0 ? 0 : errno;
}

void check_plans(int device) {
  const auto refused = [&](const char* what, const std::function<void(osext_nic_plan&)>& spoil) {
    check(answer(device, spoil) == EINVAL, what);
  };
  check(answer(device, [](auto&) {}) == 0, "a sound plan is taken");
  check(answer(device, [](auto& plan) { plan = {}; }) == 0, "no streams: stopped");
  refused("too many streams", [](auto& plan) { plan.streams = OSEXT_NIC_STREAMS + 1; });
  refused("reserved word", [](auto& plan) { plan.reserved = 1; });
  refused("no ring", [](auto& plan) { plan.ring_packets = 0; });
  refused("endless ring", [](auto& plan) { plan.ring_packets = OSEXT_NIC_MAX_RING + 1; });
  refused("endless moderation",
          [](auto& plan) { plan.moderation_ns = OSEXT_NIC_MAX_MODERATION_NS + 1; });
  refused("no rate", [](auto& plan) { plan.stream[0].rate_pps = 0; });
  refused("endless rate", [](auto& plan) { plan.stream[0].rate_pps = OSEXT_NIC_MAX_RATE_PPS + 1; });
  refused("no port", [](auto& plan) { plan.stream[0].port = 0; });
  refused("port beyond 16 bits", [](auto& plan) { plan.stream[0].port = 65536; });
  refused("no packets", [](auto& plan) { plan.stream[0].packets = 0; });
  refused("endless packets",
          [](auto& plan) { plan.stream[0].packets = OSEXT_NIC_MAX_PACKETS + 1; });
  refused("in the past", [](auto& plan) { plan.stream[0].first_ns = 1; });
  refused("in the far future", [](auto& plan) { plan.stream[0].first_ns = ~0ULL; });
  refused("a stream beyond those announced", [](auto& plan) { plan.stream[1].port = 1; });
  check(ioctl(device, OSEXT_NIC_START, 8) != 0 && errno == EFAULT, "a plan that is not there");
  check(ioctl(device, OSEXT_NIC_GET_COUNTERS, 8) != 0 && errno == EFAULT, "no room for counters");
  check(ioctl(device, _IO('N', 0x7f)) != 0 && errno == ENOTTY, "an unknown request");
}

// A ring of 4 that is looked at every millisecond, 10 packets in between: 4 of 10 stay.
void check_ring(SimulatedNic& nic) {
  const int socket = bound_udp_socket(OSEXT_NIC_TARGET_ADDRESS, 7200);
  osext_nic_plan plan = sound_plan();
  plan.moderation_ns = 1'000'000;
  plan.stream[0] = {monotonic_ns() + 10'000'000, 1000, 10'000, 7200};
  nic.start(plan);
  sleep_until(plan.stream[0].first_ns + 110'000'000);
  const auto counters = nic.counters().stream[0];
  fmt::print("ring: offered {} handed {} dropped {} unbuilt {}\n", counters.offered,
             counters.handed, counters.ring_dropped, counters.unbuilt);
  check(counters.offered == 1000, "every packet arrived");
  check(counters.handed + counters.ring_dropped == 1000 && counters.unbuilt == 0,
        "each was handed on or dropped");
  check(counters.handed > 380 && counters.handed < 420, "a full ring drops what comes");
  close(socket);
}

}  // namespace

int main() {
  try {
    const int device = open(OSEXT_NIC_DEVICE, O_RDWR | O_CLOEXEC);
    check(answer(device, [](auto&) {}) == ENETDOWN, "refused while the interface is down");
    SimulatedNic nic;
    check_plans(device);
    check_ring(nic);
    close(device);
    fmt::print("complete\n");
    return failures == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print("failed: {}\n", error.what());
    return 1;
  }
}
