// SPDX-License-Identifier: GPL-2.0
// The executive's own mmap and munmap, against a plain list of which page is whose.
#include "executive/pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

namespace osext::executive {
namespace {

class PagesTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kCount = 64;
  PagesTest() : memory_(static_cast<char*>(std::aligned_alloc(kPage, kCount * kPage)), &std::free) {
    std::memset(memory_.get(), 0xff, kCount * kPage);
    pages_.begin(address(0), address(kCount));
  }
  std::uint64_t address(std::uint64_t page) const {
    return reinterpret_cast<std::uint64_t>(memory_.get()) + page * kPage;
  }
  void* pointer(std::uint64_t page) const { return memory_.get() + page * kPage; }

  std::unique_ptr<char, decltype(&std::free)> memory_;
  Pages pages_;
};

TEST_F(PagesTest, GivesAllAndThenNone) {
  EXPECT_EQ(pages_.free_pages(), kCount);
  EXPECT_EQ(pages_.map(kCount + 1), nullptr);
  EXPECT_EQ(pages_.map(0), nullptr);
  EXPECT_EQ(pages_.map(kCount), pointer(0));
  EXPECT_EQ(pages_.map(1), nullptr);
  EXPECT_TRUE(pages_.unmap(pointer(5), 2));
  EXPECT_EQ(pages_.map(3), nullptr);
  EXPECT_EQ(pages_.map(2), pointer(5));
}

TEST_F(PagesTest, RefusesWhatIsNotMapped) {
  void* run = pages_.map(4);
  EXPECT_FALSE(pages_.unmap(pointer(4), 1));  // free
  EXPECT_FALSE(pages_.unmap(run, 5));         // partly free
  EXPECT_FALSE(pages_.unmap(run, 0));
  EXPECT_FALSE(pages_.unmap(run, kCount + 1));  // past the end
  EXPECT_FALSE(pages_.unmap(run, ~std::uint64_t{0}));
  EXPECT_FALSE(pages_.unmap(static_cast<char*>(run) + 8, 1));      // not a page
  EXPECT_FALSE(pages_.unmap(static_cast<char*>(run) - kPage, 1));  // before the range
  EXPECT_TRUE(pages_.unmap(run, 4));
  EXPECT_FALSE(pages_.unmap(run, 4));  // twice
  EXPECT_EQ(pages_.free_pages(), kCount);
}

// 20,000 random requests: first fit, zero pages, and everything is found again.
TEST_F(PagesTest, AgreesWithAList) {
  std::mt19937 dice(1);
  std::vector<bool> taken(kCount);
  const auto first_fit = [&](std::uint64_t count) {
    for (std::uint64_t at = 0; at + count <= kCount; ++at) {
      std::uint64_t fit = 0;
      while (fit < count && !taken[at + fit]) ++fit;
      if (fit == count) return at;
    }
    return kCount;
  };
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t at = dice() % kCount, count = 1 + dice() % 6;
    if (dice() % 2 == 0) {
      const std::uint64_t expected = first_fit(count);
      auto* got = static_cast<char*>(pages_.map(count));
      ASSERT_EQ(got, expected == kCount ? nullptr : pointer(expected));
      if (!got) continue;
      for (std::uint64_t byte = 0; byte < count * kPage; byte += 61) ASSERT_EQ(got[byte], 0);
      std::memset(got, 0xff, count * kPage);
      for (std::uint64_t page = 0; page < count; ++page) taken[expected + page] = true;
    } else {
      bool all = at + count <= kCount;
      for (std::uint64_t page = 0; all && page < count; ++page) all = taken[at + page];
      ASSERT_EQ(pages_.unmap(pointer(at), count), all);
      for (std::uint64_t page = 0; all && page < count; ++page) taken[at + page] = false;
    }
    ASSERT_EQ(pages_.free_pages(),
              static_cast<std::uint64_t>(std::count(taken.begin(), taken.end(), false)));
  }
}

}  // namespace
}  // namespace osext::executive
