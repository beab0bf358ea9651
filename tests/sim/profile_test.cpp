// SPDX-License-Identifier: GPL-2.0
// CPU profiles: the shipped ones are whole and sourced, bad ones are refused with a
// sentence that names the place, and cycles are charged as the file says.
#include "machine/sim/profile.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace osext {
namespace {

const std::filesystem::path profiles = OSEXT_PROFILES;

std::string shipped_text(const std::string& name) {
  std::ifstream in(profiles / (name + ".profile"));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// A shipped profile with one piece of text replaced, which must be there.
std::string edited(std::string from, const std::string& to) {
  std::string text = shipped_text("pentium4");
  const auto at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return text.replace(at, from.size(), to);
}

std::string error_of(const std::string& text) {
  try {
    parse_profile(text, "test.profile");
  } catch (const ProfileError& error) {
    return error.what();
  }
  return "accepted";
}

class ShippedProfile : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(All, ShippedProfile, testing::Values("pentium4", "pentium3", "zen3"));

TEST_P(ShippedProfile, LoadsAndEveryFigureHasASource) {
  const Profile profile = load_profile(profiles / (std::string(GetParam()) + ".profile"));
  EXPECT_EQ(profile.name, GetParam());
  EXPECT_FALSE(profile.title.empty());
  EXPECT_GE(profile.figures.size(), 18U);
  for (const Figure& figure : profile.figures) {
    EXPECT_GE(figure.source.size(), 8U) << figure.key << " = " << figure.value;
    EXPECT_EQ(figure.source.find("TBD"), std::string::npos) << figure.key;
  }
}

TEST_P(ShippedProfile, HasAtMostOneFittedFigure) {
  const Profile profile = load_profile(profiles / (std::string(GetParam()) + ".profile"));
  const auto fitted = std::ranges::count_if(profile.figures, &Figure::fitted);
  EXPECT_LE(fitted, 1);
}

TEST(Profile, NoOtherProfileIsShipped) {
  unsigned files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(profiles))
    files += entry.path().extension() == ".profile";
  EXPECT_EQ(files, 3U) << "add the new profile to ShippedProfile above";
}

TEST(Profile, ReadsTheGeometryOfThePapersMachine) {
  const Profile profile = load_profile(profiles / "pentium4.profile");
  EXPECT_EQ(profile.tlbs.instruction.small.entries, 128U);
  EXPECT_EQ(profile.tlbs.instruction.large_pages, LargePages::fragmented);
  EXPECT_EQ(profile.tlbs.data.small.ways, 64U);
  EXPECT_EQ(profile.tlbs.data.large_pages, LargePages::shared);
  EXPECT_EQ(profile.tlbs.second_level, SecondLevel::none);
  EXPECT_TRUE(profile.tlbs.honours_global);
}

TEST(Profile, ReadsASeparateArrayAndASecondLevel) {
  EXPECT_EQ(load_profile(profiles / "pentium3.profile").tlbs.instruction.large.entries, 2U);
  const Profile zen3 = load_profile(profiles / "zen3.profile");
  EXPECT_EQ(zen3.tlbs.second_level, SecondLevel::split);
  EXPECT_EQ(zen3.tlbs.second_data.small.entries, 2048U);
}

TEST(Profile, JoinsTheLinesOfASource) {
  const Profile profile = load_profile(profiles / "pentium4.profile");
  const auto figure = std::ranges::find(profile.figures, "itlb.entries", &Figure::key);
  ASSERT_NE(figure, profile.figures.end());
  EXPECT_NE(figure->source.find("4-way set associative"), std::string::npos) << figure->source;
}

TEST(BadProfile, MissingFileNamesItself) {
  try {
    load_profile(profiles / "pentium5.profile");
    FAIL();
  } catch (const ProfileError& error) {
    EXPECT_NE(std::string(error.what()).find("pentium5.profile"), std::string::npos);
  }
}

TEST(BadProfile, FigureWithoutSource) {
  const std::string text = shipped_text("pentium4");
  const auto line = 1 + std::count(text.begin(), text.begin() + text.find("itlb.ways"), '\n');
  EXPECT_EQ(error_of(edited("  source: SDM table, the same row\n", "")),
            fmt::format("test.profile:{}: 'itlb.ways' has no source; say where the figure comes "
                        "from",
                        line));
  EXPECT_NE(
      error_of(edited("  source: SDM table, the same row\n", "  source:\n")).find("no source"),
      std::string::npos);
}

TEST(BadProfile, UnknownMissingAndRepeatedKeys) {
  EXPECT_NE(error_of(shipped_text("pentium4") + "itlb.colour = 3 entries\n  source: none\n")
                .find("'itlb.colour' is not a key that this profile can have"),
            std::string::npos);
  EXPECT_EQ(error_of(edited("cost.iret = 889", "cost.irret = 889")),
            "test.profile: 'cost.iret' is missing");
  EXPECT_NE(error_of(shipped_text("pentium4") + "cost.iret = 1 cycles\n  source: here\n")
                .find("'cost.iret' is given twice, first in line"),
            std::string::npos);
  // Keys that make sense elsewhere only.
  EXPECT_NE(error_of(shipped_text("pentium4") + "cost.second_level_hit = 7 cycles\n  source: x y\n")
                .find("'cost.second_level_hit' is not a key"),
            std::string::npos);
  EXPECT_NE(error_of(edited("profile: pentium4", "")).find("profile: NAME"), std::string::npos);
}

TEST(BadProfile, WrongUnitsAndValues) {
  EXPECT_NE(error_of(edited("= 889 cycles", "= 889 ns")).find("must be in cycles, not 'ns'"),
            std::string::npos);
  EXPECT_NE(error_of(edited("= 889 cycles", "= 889")).find("one value and one unit"),
            std::string::npos);
  EXPECT_NE(error_of(edited("= 889 cycles", "= 8.5 cycles")).find("a whole number"),
            std::string::npos);
  EXPECT_NE(error_of(edited("= 889 cycles", "= -1 cycles")).find("a whole number"),
            std::string::npos);
  EXPECT_NE(error_of(edited("= fragmented policy", "= broken policy"))
                .find("must be one of fragmented, separate, shared, not 'broken'"),
            std::string::npos);
}

TEST(BadProfile, ImpossibleGeometry) {
  EXPECT_NE(error_of(edited("= 4 ways", "= 3 ways")).find("a power of two"), std::string::npos);
  EXPECT_NE(error_of(edited("= 4 ways", "= 0 ways")).find("a power of two"), std::string::npos);
  EXPECT_NE(error_of(edited("= 128 entries", "= 96 entries")).find("a power of two"),
            std::string::npos);
  EXPECT_NE(error_of(edited("itlb.replacement = lru", "itlb.replacement = random"))
                .find("'itlb.random_seed' is missing"),
            std::string::npos);
}

TEST(BadProfile, OnlyTheSystemCallMayBeFitted) {
  EXPECT_NE(
      error_of(edited("cost.iret = 889 cycles\n  source:", "cost.iret = 889 cycles\n  fitted:"))
          .find("'cost.iret' may not be fitted"),
      std::string::npos);
}

TEST(Charge, AddsWhatTheProfileSays) {
  const Profile profile = load_profile(profiles / "zen3.profile");
  const Costs& costs = profile.costs;
  osext_counters delta{};
  EXPECT_EQ(charge_cycles(profile, delta), 0U);
  delta.instructions[OSEXT_SPACE_USER] = 10;
  delta.instructions[OSEXT_SPACE_KERNEL] = 20;
  delta.instructions[OSEXT_SPACE_EXECUTIVE] = 30;
  delta.instructions[OSEXT_SPACE_SANDBOX] = 40;
  delta.page_walks = 3;
  delta.stlb_hits = 4;
  delta.syscalls = delta.sysrets = 5;
  delta.irets = 6;
  delta.cr3_writes = 7;
  delta.cr4_pge_toggles = 8;
  delta.invlpg = 9;
  delta.invpcid = 1;
  EXPECT_EQ(charge_cycles(profile, delta),
            100 * costs.instruction + 3 * costs.page_walk + 4 * costs.second_level_hit +
                5 * costs.syscall_sysret + 6 * costs.iret + 7 * costs.cr3_write +
                8 * costs.cr4_pge_toggle + 9 * costs.invlpg + costs.invpcid);
}

TEST(Charge, MissesAreChargedOnceAsWalksOrSecondLevelHits) {
  const Profile profile = load_profile(profiles / "pentium4.profile");
  osext_counters delta{};
  delta.dtlb_misses[OSEXT_SPACE_USER] = 1000;
  EXPECT_EQ(charge_cycles(profile, delta), 0U);
}

TEST(Charge, TheFittedSystemCallCosts430CyclesOnThePapersMachine) {
  // 10,000 getppid() calls of 323 instructions, as counted on kernel 6.12.
  const Profile profile = load_profile(profiles / "pentium4.profile");
  osext_counters delta{};
  delta.instructions[OSEXT_SPACE_USER] = 3 * 10000;
  delta.instructions[OSEXT_SPACE_KERNEL] = 320 * 10000;
  delta.syscalls = delta.sysrets = 10000;
  EXPECT_EQ(charge_cycles(profile, delta), 430U * 10000);
}

TEST(Difference, SubtractsCountersAndKeepsTheEntry) {
  osext_counters before{}, after{};
  before.sequence = 3, after.sequence = 4;
  before.instructions[OSEXT_SPACE_KERNEL] = 5, after.instructions[OSEXT_SPACE_KERNEL] = 12;
  before.dtlb_misses[OSEXT_SPACE_USER] = 1, after.dtlb_misses[OSEXT_SPACE_USER] = 4;
  before.data_accesses = 10, after.data_accesses = 30;
  after.watching = 1;
  const osext_counters delta = difference(before, after);
  EXPECT_EQ(delta.sequence, 4U);
  EXPECT_EQ(delta.instructions[OSEXT_SPACE_KERNEL], 7U);
  EXPECT_EQ(delta.dtlb_misses[OSEXT_SPACE_USER], 3U);
  EXPECT_EQ(delta.data_accesses, 20U);
  EXPECT_EQ(delta.watching, 1U);
}

}  // namespace
}  // namespace osext
