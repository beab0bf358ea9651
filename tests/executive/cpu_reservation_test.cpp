// SPDX-License-Identifier: GPL-2.0
// Reservations of CPU time: the arithmetic, and what follows from it: a schedule simulated in steps
// of a millisecond, in which whoever may run burns and sleeps at will.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "executive/cpu_reservations.h"

namespace osext::executive {
namespace {

constexpr std::uint64_t kMs = 1'000'000, kLimit = 950'000;

bool parses(const char* text, std::uint64_t limit_ppm = kLimit) {
  CpuReservations all;
  return all.parse(text, static_cast<unsigned>(std::strlen(text)), limit_ppm);
}

TEST(CpuReservation, IsSpentAndFilledAgainWithThePeriod) {
  CpuReservation one;
  EXPECT_FALSE(one.exists());
  one.begin(40 * kMs, 400 * kMs, 1000 * kMs);
  EXPECT_TRUE(one.exists());
  EXPECT_EQ(one.ends_ns(), 1400 * kMs);
  one.charge(39 * kMs);
  EXPECT_FALSE(one.is_spent());
  one.charge(kMs);
  EXPECT_TRUE(one.is_spent());
  EXPECT_FALSE(one.refill(1400 * kMs - 1));
  EXPECT_TRUE(one.refill(1400 * kMs));
  EXPECT_EQ(one.left_ns(), 40 * std::int64_t(kMs));
  EXPECT_EQ(one.ends_ns(), 1800 * kMs);
}

TEST(CpuReservation, OwesWhatItHadTooMuchAndSavesNothing) {
  CpuReservation one;
  one.begin(40 * kMs, 400 * kMs, 0);
  one.charge(43 * kMs);
  EXPECT_TRUE(one.refill(400 * kMs));
  EXPECT_EQ(one.left_ns(), 37 * std::int64_t(kMs));
  EXPECT_TRUE(one.refill(4000 * kMs));  // nine periods at once are one
  EXPECT_EQ(one.left_ns(), 40 * std::int64_t(kMs));
  EXPECT_EQ(one.ends_ns(), 4400 * kMs);
  one.charge(130 * kMs);  // two periods' debt and more is paid by as many periods
  EXPECT_TRUE(one.refill(4400 * kMs));
  EXPECT_TRUE(one.is_spent());
  EXPECT_TRUE(one.refill(4800 * kMs));
  EXPECT_TRUE(one.is_spent());
  EXPECT_TRUE(one.refill(5200 * kMs));
  EXPECT_EQ(one.left_ns(), 30 * std::int64_t(kMs));
}

TEST(CpuReservation, KeepsScrapsSoThatThePeriodsAddUp) {
  CpuReservation one;
  one.begin(40 * kMs, 400 * kMs, 0);
  one.charge(40 * kMs - 15'000);
  EXPECT_TRUE(one.is_spent());
  EXPECT_TRUE(one.refill(400 * kMs));
  EXPECT_EQ(one.left_ns(), 40 * std::int64_t(kMs) + 15'000);
}

TEST(CpuReservation, LosesNothingByShortSleepsAndDelaysItsPeriodByLongOnes) {
  CpuReservation one;
  one.begin(40 * kMs, 400 * kMs, 0);
  one.charge(20 * kMs);
  one.wake(100 * kMs, 80 * kMs);  // 20 of 300 is less than its share
  EXPECT_EQ(one.ends_ns(), 400 * kMs);
  one.wake(350 * kMs, 250 * kMs);  // 20 of 50 is more: it may have them, until 550
  EXPECT_EQ(one.ends_ns(), 550 * kMs);
  EXPECT_EQ(one.left_ns(), 20 * std::int64_t(kMs));
  one.wake(540 * kMs, kMs);  // no later than it slept
  EXPECT_EQ(one.ends_ns(), 551 * kMs);
  one.wake(700 * kMs, 150 * kMs);  // after its period: a new one begins
  EXPECT_EQ(one.ends_ns(), 1100 * kMs);
  EXPECT_EQ(one.left_ns(), 40 * std::int64_t(kMs));
  one.charge(40 * kMs);
  one.wake(900 * kMs, 100 * kMs);  // who has nothing left gets nothing by sleeping
  EXPECT_TRUE(one.is_spent());
  EXPECT_EQ(one.ends_ns(), 1100 * kMs);
}

TEST(CpuReservations, AreNamedInTheOrderOfJoining) {
  CpuReservations all;
  const char text[] = "40/400,100/500,60/200";
  ASSERT_TRUE(all.parse(text, sizeof text - 1, kLimit));
  for (unsigned family = 0; family < 3; ++family) EXPECT_EQ(all.find(family), family);
  EXPECT_EQ(all.find(3), CpuReservations::kNone);
  EXPECT_TRUE(all[1].named);
  EXPECT_EQ(all[1].reservation.target_ns(), 100 * kMs);
  EXPECT_EQ(all[2].reservation.period_ns(), 200 * kMs);
}

TEST(CpuReservations, ThatAreNoneOrTooMuchAreRefused) {
  for (const char* text : {"", "40", "40/", "/400", "40/400,", "40/400,,1/2", "40:400", "-1/400",
                           "0/400", "401/400", "40/0", "1/70000", "1/99999999999", "95/100,1/100"})
    EXPECT_FALSE(parses(text)) << text;
  EXPECT_TRUE(parses("94/100,1/100"));
  EXPECT_FALSE(parses("94/100", 930'000));
  std::string many = "1/100";
  for (unsigned i = 1; i < kCpuReservations; ++i) many += ",1/100";
  EXPECT_TRUE(parses(many.c_str()));
  EXPECT_FALSE(parses((many + ",1/100").c_str()));
}

TEST(CpuReservations, AreAdmittedUpToTheLimitAndAskingAgainGivesNoMore) {
  CpuReservations all;
  const unsigned first = all.add(7), second = [&] {
    EXPECT_TRUE(all.set(first, 50 * kMs, 100 * kMs, kLimit, 0));
    return all.add(9);
  }();
  ASSERT_NE(second, CpuReservations::kNone);
  EXPECT_NE(first, second);
  EXPECT_FALSE(all.set(second, 46 * kMs, 100 * kMs, kLimit, 0));
  EXPECT_EQ(all.find(9), CpuReservations::kNone);
  EXPECT_TRUE(all.set(second, 45 * kMs, 100 * kMs, kLimit, 0));
  // Its own share is not counted twice.
  all[first].reservation.charge(40 * kMs);
  EXPECT_TRUE(all.set(first, 50 * kMs, 100 * kMs, kLimit, 60 * kMs));
  EXPECT_EQ(all[first].reservation.left_ns(), 10 * std::int64_t(kMs));
  EXPECT_EQ(all[first].reservation.ends_ns(), 160 * kMs);
  all[second].reservation.end();
  EXPECT_EQ(all.find(9), CpuReservations::kNone);
  EXPECT_EQ(all.add(11), second);
}

TEST(CpuReservations, AreReadWhileSomebodyRuns) {
  const std::int64_t had_ns = 5'000, since_ns = 1'000'000;
  const auto running = static_cast<std::uint64_t>(had_ns - since_ns) << 1 | 1;
  EXPECT_EQ(reserved_time_ns(running, since_ns), had_ns);
  EXPECT_EQ(reserved_time_ns(running, since_ns + 700), had_ns + 700);
  EXPECT_EQ(reserved_time_ns(static_cast<std::uint64_t>(had_ns) << 1, since_ns), had_ns);
}

// A millisecond at a time goes to the one whose period ends first.  The second sleeps when the dice
// say so, and wakes then or, if it is cunning, when it can have two periods' time at once.  `rule`
// false: its period stays where it is.
struct Schedule {
  static constexpr int kTarget_ms = 57, kPeriod_ms = 170;
  Schedule(std::uint64_t seed, bool cunning, bool rule) : dice(seed), cunning(cunning), rule(rule) {
    one[0].begin(kTarget_ms * kMs, kPeriod_ms * kMs, 0);  // never rests
    one[1].begin(60 * kMs, 100 * kMs, 0);                 // sleeps
  }
  // The most that who never rests missed of a period's target, in ns.
  std::int64_t run(int periods) {
    std::int64_t missed_ns = 0;
    bool asleep = false;
    std::uint64_t since_ns = 0;
    for (std::uint64_t now_ns = 0; now_ns < static_cast<std::uint64_t>(periods) * kPeriod_ms * kMs;
         now_ns += kMs) {
      if (now_ns == one[0].ends_ns()) missed_ns = std::max(missed_ns, one[0].left_ns());
      for (CpuReservation& each : one) each.refill(now_ns);
      const std::uint64_t wanted_ns = now_ns + 60 * kMs;
      const bool due = cunning && asleep ? wanted_ns == one[1].ends_ns()
                       : cunning         ? now_ns - since_ns >= 120 * kMs
                                         : dice() % (asleep ? 60 : 30) == 0;
      if (due || (asleep && now_ns - since_ns > 300 * kMs)) {
        if (asleep && rule) one[1].wake(now_ns, now_ns - since_ns);
        asleep = !asleep;
        since_ns = now_ns;
      }
      CpuReservation* first = one[0].is_spent() ? nullptr : &one[0];
      if (!asleep && !one[1].is_spent() && (!first || one[1].ends_ns() < first->ends_ns()))
        first = &one[1];
      if (!first) continue;
      first->charge(kMs);
      had_ns[first - one] += kMs;
    }
    return missed_ns;
  }

  std::mt19937_64 dice;
  bool cunning, rule;
  CpuReservation one[2];
  std::uint64_t had_ns[2] = {};
};

TEST(CpuReservations, OfOthersAreSafeFromWhoeverSleepsAndWakes) {
  constexpr int kPeriods = 500;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Schedule schedule(seed, seed == 1, true);
    EXPECT_LE(schedule.run(kPeriods), std::int64_t(kMs)) << seed;
    EXPECT_GE(schedule.had_ns[0], (kPeriods - 1) * Schedule::kTarget_ms * kMs) << seed;
    EXPECT_GT(schedule.had_ns[1], kPeriods * 5 * kMs) << seed;
  }
  EXPECT_GT(Schedule(1, true, false).run(kPeriods), 2 * std::int64_t(kMs));
}

}  // namespace
}  // namespace osext::executive
