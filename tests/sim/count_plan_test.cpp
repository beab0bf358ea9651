// SPDX-License-Identifier: GPL-2.0
// Where counts are placed: whatever instruction a block is left at, the counts added
// by then are those of the instructions that completed.
#include "machine/sim/count_plan.h"

#include <gtest/gtest.h>

#include <numeric>

namespace osext {
namespace {

Decoded kind(Completion completion, Event event = Event::none) {
  Decoded decoded;
  decoded.completion = completion;
  decoded.event = event;
  return decoded;
}
const Decoded safe = kind(Completion::certain);
const Decoded load = kind(Completion::load);
const Decoded marker = kind(Completion::certain, Event::marker);
using Adds = std::vector<std::uint32_t>;

CountPlan plan(const std::vector<Decoded>& block) {
  CountPlan result;
  plan_counts(block, result);
  return result;
}

TEST(CountPlan, OneRunIsAddedAtOnce) {
  EXPECT_EQ(plan({safe, safe, safe}).add_at, (Adds{3, 0, 0}));
  EXPECT_FALSE(plan({safe, safe, safe}).last_is_uncounted);
}

TEST(CountPlan, AnInstructionThatCanBeAbortedIsAddedByTheNext) {
  EXPECT_EQ(plan({safe, load, safe, safe}).add_at, (Adds{1, 0, 3, 0}));
  EXPECT_EQ(plan({load, load, safe}).add_at, (Adds{0, 1, 2}));
}

TEST(CountPlan, ALastOneIsLeftToThePlugin) {
  const CountPlan result = plan({safe, safe, load});
  EXPECT_EQ(result.add_at, (Adds{2, 0, 0}));
  EXPECT_TRUE(result.last_is_uncounted);
  EXPECT_EQ(plan({load}).add_at, (Adds{0}));
  EXPECT_TRUE(plan({load}).last_is_uncounted);
}

TEST(CountPlan, AMarkerHasNothingBehindItCounted) {
  EXPECT_EQ(plan({safe, marker, safe, safe}).add_at, (Adds{2, 0, 2, 0}));
  EXPECT_EQ(plan({marker, marker}).add_at, (Adds{1, 1}));
  EXPECT_EQ(plan({load, marker, safe}).add_at, (Adds{0, 2, 1}));
  EXPECT_EQ(plan({safe, marker}).add_at, (Adds{2, 0}));
}

TEST(CountPlan, EveryAbortLeavesTheRightCount) {
  // All blocks of up to ten instructions of two kinds, aborted at each place.
  for (unsigned length = 1; length <= 10; ++length) {
    for (unsigned kinds = 0; kinds < 1U << length; ++kinds) {
      std::vector<Decoded> block;
      for (unsigned i = 0; i < length; ++i) block.push_back(kinds >> i & 1 ? load : safe);
      const CountPlan result = plan(block);
      const auto added = [&](unsigned started) {
        return std::accumulate(result.add_at.begin(), result.add_at.begin() + started, 0U);
      };
      for (unsigned i = 0; i < length; ++i) {
        if (!(kinds >> i & 1)) continue;
        ASSERT_EQ(added(i + 1), i) << kinds << " aborted at " << i;
      }
      ASSERT_EQ(added(length) + result.last_is_uncounted, length) << kinds;
    }
  }
}

}  // namespace
}  // namespace osext
