// SPDX-License-Identifier: GPL-2.0
// One TLB on synthetic traces: capacity, associativity, replacement, page sizes.
#include "machine/sim/tlb.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <set>
#include <vector>

namespace osext {
namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t large_page = 2 << 20;

TlbShape shape(unsigned entries, unsigned ways, Replacement replacement) {
  TlbShape result;
  result.small = {entries, ways};
  result.replacement = replacement;
  return result;
}

// Uses an address; true if it hit.
bool use(Tlb& tlb, std::uint64_t address, Translation translation = {}) {
  if (tlb.lookup(address)) return true;
  tlb.fill(address, translation);
  return false;
}

bool use_page(Tlb& tlb, std::uint64_t number) {
  return use(tlb, number * page);
}

// Misses of one walk through pages 0 ... count - 1 after one walk that warms up.
unsigned cyclic_misses(Tlb& tlb, unsigned count) {
  unsigned misses = 0;
  for (int round = 0; round < 2; ++round) {
    misses = 0;
    for (unsigned i = 0; i < count; ++i) misses += !use_page(tlb, i);
  }
  return misses;
}

// Which of the pages are still there.  Looking makes no difference to FIFO, and it
// is the last thing done to a TLB of another kind.
std::set<std::uint64_t> present(Tlb& tlb, std::initializer_list<std::uint64_t> pages) {
  std::set<std::uint64_t> result;
  for (const std::uint64_t number : pages)
    if (tlb.lookup(number * page)) result.insert(number);
  return result;
}

using Pages = std::set<std::uint64_t>;

TEST(Tlb, FullyAssociativeLruStepsAtItsCapacity) {
  for (const unsigned count : {1U, 63U, 64U}) {
    Tlb tlb(shape(64, 64, Replacement::lru));
    EXPECT_EQ(cyclic_misses(tlb, count), 0U) << count;
  }
  for (const unsigned count : {65U, 66U, 128U}) {
    Tlb tlb(shape(64, 64, Replacement::lru));
    EXPECT_EQ(cyclic_misses(tlb, count), count) << count;
  }
}

TEST(Tlb, SetAssociativeLruMissesOnlyInTheSetsThatOverflow) {
  // 128 entries in 32 sets of 4: with 129 pages one set has five, the others four.
  Tlb tlb(shape(128, 4, Replacement::lru));
  EXPECT_EQ(cyclic_misses(tlb, 129), 5U);
  Tlb other(shape(128, 4, Replacement::lru));
  EXPECT_EQ(cyclic_misses(other, 130), 10U);
}

TEST(Tlb, PagesOfOneSetConflict) {
  // Five pages 32 apart share one set of four ways; four fit.
  Tlb tlb(shape(128, 4, Replacement::lru));
  unsigned misses = 0;
  for (int round = 0; round < 3; ++round)
    for (unsigned i = 0; i < 5; ++i) misses += !use_page(tlb, i * 32);
  EXPECT_EQ(misses, 15U);
  Tlb four(shape(128, 4, Replacement::lru));
  misses = 0;
  for (int round = 0; round < 3; ++round)
    for (unsigned i = 0; i < 4; ++i) misses += !use_page(four, i * 32);
  EXPECT_EQ(misses, 4U);
}

TEST(Tlb, LruEvictsWhatWasUsedLongestAgo) {
  Tlb tlb(shape(4, 4, Replacement::lru));
  for (const std::uint64_t number : {0, 1, 2, 3}) use_page(tlb, number);
  use_page(tlb, 0);
  use_page(tlb, 4);
  EXPECT_EQ(present(tlb, {0, 1, 2, 3, 4}), (Pages{0, 2, 3, 4}));
}

TEST(Tlb, FifoEvictsWhatCameFirstThoughItWasUsed) {
  Tlb tlb(shape(4, 4, Replacement::fifo));
  for (const std::uint64_t number : {0, 1, 2, 3}) use_page(tlb, number);
  use_page(tlb, 0);
  use_page(tlb, 4);
  EXPECT_EQ(present(tlb, {0, 1, 2, 3, 4}), (Pages{1, 2, 3, 4}));
}

TEST(Tlb, TreePlruFollowsItsTreeAndIsNotLru) {
  // After 0 1 2 3 the tree points to the half of 0 and 1, in it to 0.  Using 0
  // turns the root to the other half, where 2 was used before 3: 2 goes, though
  // 1 was used longest ago.
  const auto fill = [](Tlb& tlb) {
    for (const std::uint64_t number : {0, 1, 2, 3, 0, 4}) use_page(tlb, number);
  };
  Tlb tlb(shape(4, 4, Replacement::plru));
  fill(tlb);
  EXPECT_EQ(present(tlb, {0, 1, 2, 3, 4}), (Pages{0, 1, 3, 4}));
  // The root then points back to 0 and 1, where 1 is the older.
  Tlb further(shape(4, 4, Replacement::plru));
  fill(further);
  use_page(further, 5);
  EXPECT_EQ(present(further, {0, 1, 3, 4, 5}), (Pages{0, 3, 4, 5}));
}

TEST(Tlb, TreePlruOfManyWaysKeepsTheLastUsed) {
  Tlb tlb(shape(64, 64, Replacement::plru));
  for (unsigned i = 0; i < 1000; ++i) {
    use_page(tlb, i);
    EXPECT_TRUE(use_page(tlb, i));
    EXPECT_TRUE(i == 0 || use_page(tlb, i - 1));
  }
  EXPECT_EQ(cyclic_misses(tlb, 64), 0U);
}

TEST(Tlb, RandomReplacementRepeatsWithItsSeed) {
  TlbShape random = shape(16, 16, Replacement::random);
  const auto trace = [](TlbShape seeded) {
    Tlb tlb(seeded);
    std::vector<bool> hits;
    for (unsigned round = 0; round < 20; ++round)
      for (unsigned i = 0; i < 20; ++i) hits.push_back(use_page(tlb, i));
    return hits;
  };
  const auto first = trace(random);
  EXPECT_EQ(first, trace(random));
  random.random_seed = 2;
  EXPECT_NE(first, trace(random));
}

TEST(Tlb, LargePagesShareTheArrayOfSmallOnes) {
  TlbShape four = shape(4, 4, Replacement::lru);
  Tlb tlb(four);
  const Translation large{true, false};
  EXPECT_FALSE(use(tlb, 0, large));
  EXPECT_TRUE(use(tlb, large_page - 1, large));  // one entry serves all 2 MB
  for (const std::uint64_t number : {1000, 1001, 1002}) use_page(tlb, number);
  EXPECT_TRUE(tlb.lookup(5 * page));
  use_page(tlb, 1003);  // the fourth small page evicts one of the others
  EXPECT_FALSE(tlb.lookup(1000 * page));
  EXPECT_TRUE(tlb.lookup(6 * page));
}

TEST(Tlb, LargePagesInAnArrayOfTheirOwnLeaveSmallOnesAlone) {
  TlbShape separate = shape(4, 4, Replacement::lru);
  separate.large_pages = LargePages::separate;
  separate.large = {2, 2};
  Tlb tlb(separate);
  for (std::uint64_t i = 0; i < 4; ++i) use_page(tlb, i);
  const Translation large{true, false};
  for (std::uint64_t i = 8; i < 11; ++i) EXPECT_FALSE(use(tlb, i * large_page, large));
  EXPECT_EQ(present(tlb, {0, 1, 2, 3}), (Pages{0, 1, 2, 3}));
  EXPECT_FALSE(tlb.lookup(8 * large_page));  // two large entries, the oldest is gone
  EXPECT_TRUE(tlb.lookup(9 * large_page));
  EXPECT_TRUE(tlb.lookup(10 * large_page));
}

TEST(Tlb, FragmentedLargePagesTakeOneEntryForEachPart) {
  TlbShape fragmented = shape(8, 8, Replacement::lru);
  fragmented.large_pages = LargePages::fragmented;
  Tlb tlb(fragmented);
  const Translation large{true, false};
  EXPECT_FALSE(use(tlb, 0, large));
  EXPECT_FALSE(use(tlb, page, large));
  EXPECT_TRUE(use(tlb, page + 8, large));
  use_page(tlb, 5000);
  // INVLPG drops a large page with all its parts, and nothing else.
  tlb.drop(7 * page, false);
  EXPECT_FALSE(tlb.lookup(0));
  EXPECT_FALSE(tlb.lookup(page));
  EXPECT_TRUE(tlb.lookup(5000 * page));
}

TEST(Tlb, DropTakesExactlyOnePage) {
  Tlb tlb(shape(64, 64, Replacement::lru));
  for (std::uint64_t i = 0; i < 10; ++i) use(tlb, i * page, {false, i % 2 == 0});
  tlb.drop(4 * page + 123, false);
  EXPECT_EQ(present(tlb, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}), (Pages{0, 1, 2, 3, 5, 6, 7, 8, 9}));
}

TEST(Tlb, HintsNeverChangeAResult) {
  // A direct simulation of LRU beside the model, on a trace with much reuse.
  Tlb tlb(shape(16, 4, Replacement::lru));
  std::vector<std::vector<std::uint64_t>> sets(4);  // most recent last
  std::uint64_t random = 88172645463325252ULL;
  for (int i = 0; i < 200000; ++i) {
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    // Pages that collide in the table of hints (1024 slots) as well as others.
    const std::uint64_t number = (random % 7) * 1024 + (random >> 32) % 6;
    auto& set = sets[number % 4];
    const auto at = std::find(set.begin(), set.end(), number);
    const bool expected = at != set.end();
    if (expected) set.erase(at);
    set.push_back(number);
    if (set.size() > 4) set.erase(set.begin());
    ASSERT_EQ(use_page(tlb, number), expected) << i;
  }
}

}  // namespace
}  // namespace osext
