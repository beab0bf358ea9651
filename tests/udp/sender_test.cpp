// SPDX-License-Identifier: GPL-2.0
// The schedule, and packets that really go through this computer's loopback interface.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "workloads/instant.h"
#include "workloads/udp_sender.h"
#include "workloads/udp_socket.h"

namespace osext {
namespace {

constexpr std::uint32_t kLoopback = 0x7f000001;

UdpSchedule small_schedule() {
  UdpSchedule schedule;
  schedule.rate_pps = 1000;
  schedule.step_ns = 10'000'000;
  schedule.port = 28600;
  return schedule;
}

TEST(UdpSchedule, TaskThreeStartsFirstAndEachLaterOneAStepLater) {
  const UdpStreams streams = streams_of(small_schedule(), 1'000'000);
  for (std::size_t task = 0; task < kUdpTasks; ++task) {
    const std::uint64_t step_begins_ns = 1'000'000 + (kUdpTasks - 1 - task) * 10'000'000;
    EXPECT_GE(streams[task].first_ns, step_begins_ns);
    EXPECT_LT(streams[task].first_ns, step_begins_ns + 1'000'000);  // the phase
    EXPECT_EQ(streams[task].packets, 10 * (task + 2));
    EXPECT_EQ(sending_times(streams[task]).size(), streams[task].packets);
  }
}

TEST(UdpSchedule, BothSidesOfANetworkDrawTheSamePhases) {
  const UdpStreams here = streams_of(small_schedule(), 0), there = streams_of(small_schedule(), 5);
  for (std::size_t task = 0; task < kUdpTasks; ++task)
    EXPECT_EQ(here[task].first_ns + 5, there[task].first_ns);
}

TEST(UdpSender, SendsEachPacketOnceInOrderAndNeverEarly) {
  UdpSchedule schedule = small_schedule();
  std::array<int, kUdpTasks> sockets{};
  for (int task = 0; task < kUdpTasks; ++task)
    sockets[static_cast<std::size_t>(task)] =
        bound_udp_socket(kLoopback, schedule.port + static_cast<std::uint32_t>(task));
  const UdpStreams streams = streams_of(schedule, monotonic_ns() + 1'000'000);
  const SendingResult result = send_streams(kLoopback, streams);
  std::uint64_t all = 0;
  for (std::size_t task = 0; task < kUdpTasks; ++task) {
    osext_nic_payload payload;
    for (std::uint64_t serial = 0; serial < streams[task].packets; ++serial) {
      ASSERT_EQ(recv(sockets[task], &payload, sizeof payload, MSG_DONTWAIT),
                static_cast<ssize_t>(sizeof payload));
      EXPECT_EQ(payload.serial, serial);
      EXPECT_GE(payload.sent_ns, osext_nic_arrival_ns(&streams[task], serial));
      EXPECT_LE(payload.sent_ns, osext_nic_arrival_ns(&streams[task], serial) + result.latest_ns);
    }
    EXPECT_EQ(recv(sockets[task], &payload, sizeof payload, MSG_DONTWAIT), -1);
    all += streams[task].packets;
    close(sockets[task]);
  }
  EXPECT_EQ(result.packets, all);
}

TEST(UdpSender, NobodyNeedsToListen) {
  UdpSchedule schedule = small_schedule();
  schedule.port = 28700;
  const UdpStreams streams = streams_of(schedule, monotonic_ns());
  EXPECT_EQ(send_streams(kLoopback, streams).packets, 140U);
}

TEST(UdpSender, AddressesAreDotted) {
  EXPECT_EQ(parse_address("127.0.0.1"), kLoopback);
  for (const char* bad : {"", "localhost", "1.2.3", "1.2.3.256"})
    EXPECT_THROW(parse_address(bad), std::invalid_argument) << bad;
}

}  // namespace
}  // namespace osext
