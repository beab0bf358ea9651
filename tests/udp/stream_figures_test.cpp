// SPDX-License-Identifier: GPL-2.0
// The arithmetic of packet streams, on logs small enough to be worked out by hand.
#include "workloads/stream_figures.h"

#include <gtest/gtest.h>
#include <osext/nic.h>

#include <stdexcept>

namespace osext {
namespace {

// Six packets, 10 ns apart from 100; two windows of 30 ns: packets 0 to 2 and 3 to 5.
const std::vector<std::uint64_t> kSent = {100, 110, 120, 130, 140, 150};
const Windows kWindows{100, 30, 2};

TEST(StreamFigures, CountsByTheWindowOfReceptionAndOfSending) {
  // 1 and 4 are lost, 2 comes in the second window.
  const std::vector<Reception> log = {{0, 100, 104}, {2, 120, 131}, {3, 130, 136}, {5, 150, 157}};
  const auto figures = stream_figures(log, kSent, kWindows);
  ASSERT_EQ(figures.size(), 2u);
  EXPECT_EQ(figures[0].offered, 3u);
  EXPECT_EQ(figures[0].delivered, 1u);
  EXPECT_EQ(figures[0].dropped, 1u);
  EXPECT_EQ(figures[1].offered, 3u);
  EXPECT_EQ(figures[1].delivered, 3u);
  EXPECT_EQ(figures[1].dropped, 1u);
}

TEST(StreamFigures, JitterIsReceptionsApartLessSendingsApart) {
  const std::vector<Reception> log = {{0, 100, 104}, {1, 110, 112}, {3, 130, 139}, {4, 140, 155}};
  const auto figures = stream_figures(log, kSent, kWindows);
  // 8 apart, sent 10 apart; the first packet of the log makes no pair.
  EXPECT_EQ(figures[0].jitter_ns, (std::vector<std::int64_t>{2}));
  // 27 apart, sent 20 apart (one was lost between them); 16 apart, sent 10 apart.
  EXPECT_EQ(figures[1].jitter_ns, (std::vector<std::int64_t>{7, 6}));
}

TEST(StreamFigures, AStreamThatStandsStillHasNoJitterAndLosesAll) {
  const auto figures = stream_figures({}, kSent, kWindows);
  for (const WindowFigures& window : figures) {
    EXPECT_EQ(window.delivered, 0u);
    EXPECT_EQ(window.dropped, window.offered);
    EXPECT_TRUE(window.jitter_ns.empty());
  }
}

TEST(StreamFigures, WhatComesAfterTheLastWindowIsDeliveredAndInNone) {
  const std::vector<Reception> log = {{4, 140, 159}, {5, 150, 160}};
  const auto figures = stream_figures(log, kSent, kWindows);
  EXPECT_EQ(figures[1].delivered, 1u);
  EXPECT_EQ(figures[1].dropped, 1u);  // packet 3: packet 5 came, if late
}

TEST(StreamFigures, RefusesLogsThatCannotBeTrue) {
  const auto refused = [](std::vector<Reception> log) {
    EXPECT_THROW(stream_figures(log, kSent, kWindows), std::runtime_error);
  };
  refused({{6, 160, 170}});                 // never sent
  refused({{1, 111, 115}});                 // sent at another time
  refused({{1, 110, 109}});                 // received before it was sent
  refused({{1, 110, 112}, {1, 110, 113}});  // twice
  refused({{2, 120, 131}, {1, 110, 132}});  // out of order
  refused({{1, 110, 132}, {2, 120, 131}});  // the clock runs backwards
}

osext_nic_stream stream(std::uint64_t first_ns, std::uint64_t packets, std::uint32_t rate_pps) {
  osext_nic_stream one{};
  one.first_ns = first_ns;
  one.packets = packets;
  one.rate_pps = rate_pps;
  return one;
}

TEST(NicSchedule, ArrivalsDoNotDriftFromTheirRate) {
  const osext_nic_stream paper = stream(500, 1'000'000, 42'000);
  EXPECT_EQ(osext_nic_arrival_ns(&paper, 0), 500u);
  EXPECT_EQ(osext_nic_arrival_ns(&paper, 1), 500u + 23'809);
  EXPECT_EQ(osext_nic_arrival_ns(&paper, 42'000), 500u + 1'000'000'000);
}

TEST(NicSchedule, HasArrivedFromItsInstantOn) {
  for (const std::uint32_t rate : {1u, 3u, 42'000u, 44'000u, 999'983u, 1'000'000u}) {
    const osext_nic_stream one = stream(1'000, 2'000, rate);
    for (const std::uint64_t serial : {0u, 1u, 2u, 7u, 1'000u, 1'999u}) {
      const std::uint64_t at_ns = osext_nic_arrival_ns(&one, serial);
      EXPECT_EQ(osext_nic_arrived(&one, at_ns - 1), serial) << rate;
      EXPECT_EQ(osext_nic_arrived(&one, at_ns), serial + 1) << rate;
    }
    EXPECT_EQ(osext_nic_arrived(&one, ~std::uint64_t{0}), 2'000u);
    EXPECT_EQ(osext_nic_arrived(&one, 0), 0u);
  }
}

TEST(NicSchedule, TheLongestAndFastestStreamDoesNotOverflow) {
  const osext_nic_stream one = stream(0, OSEXT_NIC_MAX_PACKETS, OSEXT_NIC_MAX_RATE_PPS);
  const std::uint64_t last_ns = osext_nic_arrival_ns(&one, OSEXT_NIC_MAX_PACKETS - 1);
  EXPECT_EQ(last_ns, (OSEXT_NIC_MAX_PACKETS - 1) * 1000);
  EXPECT_EQ(osext_nic_arrived(&one, last_ns - 1), OSEXT_NIC_MAX_PACKETS - 1);
  EXPECT_EQ(osext_nic_arrived(&one, last_ns), OSEXT_NIC_MAX_PACKETS);
}

TEST(StreamFigures, ALateSenderIsTheStreamsJitterAndNoError) {
  const std::vector<Reception> log = {{0, 10, 12}, {1, 35, 36}};  // the second was to leave at 20
  const std::vector<std::uint64_t> scheduled = {10, 20};
  const Windows windows{0, 100, 1};
  EXPECT_THROW(stream_figures(log, scheduled, windows), std::runtime_error);
  const auto figures = stream_figures(log, scheduled, windows, Sending::late);
  EXPECT_EQ(figures[0].offered, 2U);
  EXPECT_EQ(figures[0].delivered, 2U);
  EXPECT_EQ(figures[0].jitter_ns, std::vector<std::int64_t>{1});
  EXPECT_THROW(stream_figures({{Reception{5, 10, 12}}}, scheduled, windows, Sending::late),
               std::runtime_error);
}

}  // namespace
}  // namespace osext
