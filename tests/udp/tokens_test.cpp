// SPDX-License-Identifier: GPL-2.0
// What the policy `tokens` keeps: reservations as words, and who goes before whom.
#include <gtest/gtest.h>

#include <cstring>

#include "executive/policy_tokens.h"

namespace osext::executive {
namespace {

bool parses(const char* text) {
  Reservations reservations;
  return reservations.parse(text, static_cast<unsigned>(std::strlen(text)));
}

TEST(Tokens, ReservationsAreRankedAsTheyAreNamed) {
  Reservations reservations;
  const char text[] = "7001:3500,7000:20,65535:1";
  ASSERT_TRUE(reservations.parse(text, sizeof text - 1));
  EXPECT_EQ(reservations.rank_of(7001), 0u);
  EXPECT_EQ(reservations.rank_of(7000), 1u);
  EXPECT_EQ(reservations.rank_of(65535), 2u);
  EXPECT_EQ(reservations.rank_of(1), kBestEffort);
  EXPECT_EQ(reservations.tokens_of(0), 3500u);
  EXPECT_EQ(reservations.tokens_of(2), 1u);
  EXPECT_EQ(reservations.tokens_of(kBestEffort), 0u);
}

TEST(Tokens, WhatIsNoListOfReservationsIsRefused) {
  EXPECT_TRUE(parses("1:1,2:2,3:3,4:4,5:5,6:6,7:7,8:8"));
  for (const char* text : {"1", "1:", ":1", "1:x", "x:1", "1:1;2:2", "1:1,,2:2", "-1:1",
                           "1:99999999999", "1:1,2:2,3:3,4:4,5:5,6:6,7:7,8:8,9:9"})
    EXPECT_FALSE(parses(text)) << text;
}

TEST(Tokens, ImportanceGoesBeforeAndOfEqualsTheLongestWaiting) {
  Readers readers;
  Guest guests[3] = {};
  for (Guest& guest : guests) ASSERT_GE(readers.add(guest, 1), 0);
  Reader& first = *readers.find(guests[0], 0);
  Reader& second = *readers.find(guests[1], 1);
  Reader& third = *readers.find(guests[2], 2);
  EXPECT_EQ(readers.find(guests[0], 1), nullptr);  // another guest's
  first.rank = 0;
  first.turn = 3;
  second.turn = 1;
  third.turn = 2;
  EXPECT_TRUE(first.goes_before(second));
  EXPECT_TRUE(second.goes_before(third));
  EXPECT_FALSE(third.goes_before(second));
  // Who waits is a rival only while it has tokens; best effort needs none.
  first.waiting = true;
  EXPECT_FALSE(readers.rival_of(third));
  first.tokens = 1;
  EXPECT_TRUE(readers.rival_of(third));
  first.waiting = false;
  second.waiting = true;
  EXPECT_TRUE(readers.rival_of(third));
  EXPECT_FALSE(readers.rival_of(first));
}

}  // namespace
}  // namespace osext::executive
