// SPDX-License-Identifier: GPL-2.0
// All TLBs together: first and second level, flushes, global pages, who is counted.
#include <gtest/gtest.h>

#include <functional>

#include "machine/sim/tlb.h"

namespace osext {
namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t kernel = 0xffffffff81000000ULL;

// Translations by a rule of the test.
class Tables : public PageWalker {
 public:
  using Rule = std::function<Translation(std::uint64_t)>;
  explicit Tables(Rule rule = [](std::uint64_t) { return Translation{}; })
      : rule_(std::move(rule)) {}
  Translation walk(std::uint64_t address) override { return rule_(address); }

 private:
  Rule rule_;
};

// Kernel pages are global, user pages are not.
Tables linux_tables() {
  return Tables([](std::uint64_t address) { return Translation{false, address >> 63 != 0}; });
}

TlbGeometry geometry(unsigned entries = 64) {
  TlbGeometry result;
  result.instruction.small = {entries, entries};
  result.data.small = {entries, entries};
  return result;
}

std::uint64_t data_misses(TlbHierarchy& tlbs, std::uint64_t address) {
  const TlbCounts before = tlbs.counts();
  tlbs.access(address);
  std::uint64_t misses = 0;
  for (int space = 0; space < OSEXT_SPACES; ++space)
    misses += tlbs.counts().dtlb_misses[space] - before.dtlb_misses[space];
  return misses;
}

TEST(Hierarchy, CountsMissesByTheSpaceOfThePage) {
  Tables tables;
  TlbHierarchy tlbs(geometry(), tables);
  tlbs.access(0x7fff00000000);
  tlbs.access(kernel);
  tlbs.access(OSEXT_EXECUTIVE_BASE);
  tlbs.access(OSEXT_SANDBOX_BASE + OSEXT_SANDBOX_SIZE - 1);
  tlbs.access(OSEXT_SANDBOX_BASE + OSEXT_SANDBOX_SIZE);  // just behind it: user
  tlbs.fetch(OSEXT_EXECUTIVE_BASE + OSEXT_EXECUTIVE_SIZE - 1);
  EXPECT_EQ(tlbs.counts().dtlb_misses, (std::array<std::uint64_t, OSEXT_SPACES>{2, 1, 1, 1}));
  EXPECT_EQ(tlbs.counts().itlb_misses, (std::array<std::uint64_t, OSEXT_SPACES>{0, 0, 1, 0}));
  EXPECT_EQ(tlbs.counts().page_walks, 6U);
}

TEST(Hierarchy, InstructionsAndDataDoNotShareTheFirstLevel) {
  Tables tables;
  TlbHierarchy tlbs(geometry(), tables);
  tlbs.access(page);
  tlbs.fetch(page);
  EXPECT_EQ(tlbs.counts().page_walks, 2U);
}

TEST(Hierarchy, GlobalPagesSurviveACr3WriteAndDieByAPgeToggle) {
  Tables tables = linux_tables();
  TlbHierarchy tlbs(geometry(), tables);
  tlbs.access(page);
  tlbs.access(kernel);
  tlbs.fetch(page);
  tlbs.fetch(kernel);
  tlbs.write_cr3();
  EXPECT_EQ(data_misses(tlbs, kernel), 0U);
  EXPECT_EQ(data_misses(tlbs, page), 1U);
  tlbs.fetch(kernel);
  EXPECT_EQ(tlbs.counts().itlb_misses[OSEXT_SPACE_KERNEL], 1U);
  tlbs.fetch(page);
  EXPECT_EQ(tlbs.counts().itlb_misses[OSEXT_SPACE_USER], 2U);
  tlbs.toggle_cr4_pge();
  EXPECT_EQ(data_misses(tlbs, kernel), 1U);
  EXPECT_EQ(data_misses(tlbs, page), 1U);
}

TEST(Hierarchy, AProcessorWithoutGlobalPagesDropsThemToo) {
  Tables tables = linux_tables();
  TlbGeometry plain = geometry();
  plain.honours_global = false;
  TlbHierarchy tlbs(plain, tables);
  tlbs.access(kernel);
  tlbs.write_cr3();
  EXPECT_EQ(data_misses(tlbs, kernel), 1U);
}

TEST(Hierarchy, ThePageUsedLastIsForgottenByAFlush) {
  // The filter in front of the model must not hide the first miss behind a flush.
  Tables tables;
  TlbHierarchy tlbs(geometry(), tables);
  tlbs.access(page);
  EXPECT_EQ(data_misses(tlbs, page), 0U);
  tlbs.write_cr3();
  EXPECT_EQ(data_misses(tlbs, page), 1U);
  tlbs.invlpg(page);
  EXPECT_EQ(data_misses(tlbs, page), 1U);
  tlbs.clear();
  EXPECT_EQ(data_misses(tlbs, page), 1U);
}

TEST(Hierarchy, InvlpgDropsOnePageInEveryTlbEvenAGlobalOne) {
  Tables tables = linux_tables();
  TlbGeometry two_levels = geometry(4);
  two_levels.second_level = SecondLevel::unified;
  two_levels.second_instruction.small = {64, 64};
  TlbHierarchy tlbs(two_levels, tables);
  for (const std::uint64_t address : {kernel, kernel + page}) {
    tlbs.fetch(address);
    tlbs.access(address);
  }
  tlbs.invlpg(kernel + 17);
  const std::uint64_t walks = tlbs.counts().page_walks;
  tlbs.fetch(kernel + page);
  tlbs.access(kernel + page);
  EXPECT_EQ(tlbs.counts().page_walks, walks);
  tlbs.fetch(kernel);
  tlbs.access(kernel);  // the fetch has filled the unified second level
  EXPECT_EQ(tlbs.counts().page_walks, walks + 1);
}

TEST(Hierarchy, InvpcidDropsByItsType) {
  const auto fill = [](TlbHierarchy& tlbs) {
    for (const std::uint64_t address : {page, 2 * page, kernel}) tlbs.access(address);
  };
  const auto walks_after = [&](std::uint64_t type, std::uint64_t address) {
    Tables tables = linux_tables();
    TlbHierarchy tlbs(geometry(), tables);
    fill(tlbs);
    tlbs.invpcid(type, address);
    fill(tlbs);
    return tlbs.counts().page_walks - 3;
  };
  EXPECT_EQ(walks_after(0, page), 1U);
  EXPECT_EQ(walks_after(0, kernel), 0U);  // a global page is spared
  EXPECT_EQ(walks_after(1, 0), 2U);
  EXPECT_EQ(walks_after(2, 0), 3U);
  EXPECT_EQ(walks_after(3, 0), 2U);
}

TEST(Hierarchy, ASecondLevelServesWhatTheFirstHasEvicted) {
  Tables tables;
  TlbGeometry two_levels = geometry(4);
  two_levels.second_level = SecondLevel::split;
  two_levels.second_instruction.small = {16, 4};
  two_levels.second_data.small = {16, 4};
  TlbHierarchy tlbs(two_levels, tables);
  for (int round = 0; round < 2; ++round)
    for (std::uint64_t i = 0; i < 8; ++i) tlbs.access(i * page);
  EXPECT_EQ(tlbs.counts().dtlb_misses[OSEXT_SPACE_USER], 16U);
  EXPECT_EQ(tlbs.counts().stlb_hits, 8U);
  EXPECT_EQ(tlbs.counts().page_walks, 8U);
  tlbs.fetch(0);  // split: data entries do not serve instructions
  EXPECT_EQ(tlbs.counts().page_walks, 9U);
}

TEST(Hierarchy, AUnifiedSecondLevelServesBoth) {
  Tables tables;
  TlbGeometry two_levels = geometry(4);
  two_levels.second_level = SecondLevel::unified;
  two_levels.second_instruction.small = {16, 4};
  TlbHierarchy tlbs(two_levels, tables);
  tlbs.access(page);
  tlbs.fetch(page);
  EXPECT_EQ(tlbs.counts().stlb_hits, 1U);
  EXPECT_EQ(tlbs.counts().page_walks, 1U);
}

TEST(Hierarchy, ASecondLevelHitKeepsSizeAndGlobalBit) {
  Tables tables([](std::uint64_t) { return Translation{true, true}; });
  TlbGeometry two_levels = geometry(2);
  two_levels.second_level = SecondLevel::unified;
  two_levels.second_instruction.small = {16, 16};
  TlbHierarchy tlbs(two_levels, tables);
  constexpr std::uint64_t large_page = 2 << 20;
  for (std::uint64_t i = 0; i < 3; ++i) tlbs.access(i * large_page);
  tlbs.access(0);  // from the second level
  EXPECT_EQ(tlbs.counts().stlb_hits, 1U);
  tlbs.write_cr3();
  EXPECT_EQ(data_misses(tlbs, large_page - 1), 0U);
}

}  // namespace
}  // namespace osext
