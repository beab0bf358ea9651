// SPDX-License-Identifier: GPL-2.0
// A working set has the pages it says, each used once a walk, in the order and at the distance it
// says.
#include "workloads/working_set.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <type_traits>
#include <vector>

namespace osext {
namespace {

constexpr std::size_t kPageBytes = 4096;

const char* first_of(const WorkingSet& set) {
  const char* first = nullptr;
  set.visit([&](const auto& walk) {
    if constexpr (std::is_same_v<std::decay_t<decltype(walk)>, WorkingSet::DataWalk>)
      first = static_cast<const char*>(walk.first);
    else
      first = reinterpret_cast<const char*>(walk.first);
  });
  return first;
}

// Where the chain of pointers leads.
std::vector<const char*> pointers_of(const WorkingSet& set) {
  std::vector<const char*> places;
  for (const char* at = first_of(set); at != nullptr; std::memcpy(&at, at, sizeof at))
    places.push_back(at);
  return places;
}

// Where the chain of jumps leads; the last place holds the return.
std::vector<const char*> jumps_of(const WorkingSet& set) {
  std::vector<const char*> places;
  const char* at = first_of(set);
  for (;;) {
    places.push_back(at);
    if (static_cast<unsigned char>(*at) != 0xe9) break;
    std::int32_t distance;
    std::memcpy(&distance, at + 1, sizeof distance);
    at += 5 + distance;
  }
  EXPECT_EQ(static_cast<unsigned char>(*at), 0xc3);
  return places;
}

void expect_pages(const std::vector<const char*>& places, std::size_t pages) {
  ASSERT_EQ(places.size(), pages);
  std::set<std::uintptr_t> distinct;
  for (std::size_t i = 0; i < places.size(); ++i) {
    EXPECT_EQ(places[i] - places[0], static_cast<std::ptrdiff_t>(i * 4160));
    distinct.insert(reinterpret_cast<std::uintptr_t>(places[i]) / kPageBytes);
  }
  EXPECT_EQ(distinct.size(), pages);
}

TEST(WorkingSet, ChainsEveryPageOnce) {
  for (const std::size_t pages : {1, 2, 63, 64, 65, 4096}) {
    expect_pages(pointers_of(WorkingSet(PageKind::data, pages)), pages);
    expect_pages(jumps_of(WorkingSet(PageKind::code, pages)), pages);
  }
}

// Were the walk to stop early, the page that was taken away would not be missed.
TEST(WorkingSet, TheWalkReachesTheLastPage) {
  for (const PageKind kind : {PageKind::data, PageKind::code}) {
    const WorkingSet set(kind, 100);
    set.visit([](const auto& walk) { walk(); });
    const auto places = kind == PageKind::data ? pointers_of(set) : jumps_of(set);
    const auto last = reinterpret_cast<std::uintptr_t>(places.back()) / kPageBytes * kPageBytes;
    ASSERT_EQ(mprotect(reinterpret_cast<void*>(last), kPageBytes, PROT_NONE), 0);
    EXPECT_EXIT(set.visit([](const auto& walk) { walk(); }), testing::KilledBySignal(SIGSEGV), "");
  }
}

TEST(WorkingSet, MayBeEmpty) {
  for (const PageKind kind : {PageKind::data, PageKind::code}) {
    const WorkingSet set(kind, 0);
    set.visit([](const auto& walk) { walk(); });
    EXPECT_EQ(first_of(set), nullptr);
  }
}

// Large pages would make few TLB entries of many pages.
TEST(WorkingSet, HasNoLargePages) {
  const WorkingSet set(PageKind::data, 4096);
  const auto first = reinterpret_cast<std::uintptr_t>(first_of(set));
  std::ifstream maps("/proc/self/smaps");
  bool inside = false, seen = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t from = 0, to = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2)
      inside = from <= first && first < to;
    if (!inside || !line.starts_with("AnonHugePages:")) continue;
    seen = true;
    EXPECT_NE(line.find(" 0 kB"), line.npos) << line;
  }
  EXPECT_TRUE(seen);
}

TEST(WorkingSet, KindsHaveNames) {
  EXPECT_EQ(parse_page_kind("data"), PageKind::data);
  EXPECT_EQ(parse_page_kind("code"), PageKind::code);
  EXPECT_THROW(parse_page_kind("stack"), std::invalid_argument);
}

}  // namespace
}  // namespace osext
