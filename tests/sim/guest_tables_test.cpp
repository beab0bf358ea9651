// SPDX-License-Identifier: GPL-2.0
// The page walk, on tables made up in a map.
#include "machine/sim/guest_tables.h"

#include <gtest/gtest.h>

#include <map>

namespace osext {
namespace {

std::map<std::uint64_t, std::uint64_t> memory;  // by physical address

bool read(std::uint64_t address, std::uint64_t* value) {
  const auto at = memory.find(address - GuestTables::direct_map);
  if (at == memory.end()) return false;
  *value = at->second;
  return true;
}

constexpr std::uint64_t present = 1, large = 0x80, global = 0x100, no_execute = 1ULL << 63;
constexpr std::uint64_t address = 0xffff888012345678ULL;

std::uint64_t slot(std::uint64_t table, int level) {
  return table + 8 * ((address >> (12 + 9 * level)) & 511);
}

class Walk : public testing::Test {
 protected:
  Walk() {
    memory.clear();
    tables.set_cr3(0x1000 | 0x18);  // with its cache bits
    tables.set_cr4(GuestTables::cr4_pge);
    memory[slot(0x1000, 3)] = 0x2000 | present | no_execute;
  }
  GuestTables tables{read};
};

TEST_F(Walk, SmallPage) {
  memory[slot(0x2000, 2)] = 0x3000 | present;
  memory[slot(0x3000, 1)] = 0x4000 | present;
  memory[slot(0x4000, 0)] = 0x5000 | present | global | large;  // here the bit means PAT
  EXPECT_FALSE(tables.walk(address).large);
  EXPECT_TRUE(tables.walk(address).global);
  tables.set_cr4(0);
  EXPECT_FALSE(tables.walk(address).global);
}

TEST_F(Walk, LargeAndHugePages) {
  memory[slot(0x2000, 2)] = 0x3000 | present | global;  // ignored above a leaf
  memory[slot(0x3000, 1)] = 0x4000 | present | large;
  EXPECT_TRUE(tables.walk(address).large);
  EXPECT_FALSE(tables.walk(address).global);
  memory[slot(0x2000, 2)] = 0x40000000 | present | large | global;
  EXPECT_TRUE(tables.walk(address).large);
  EXPECT_TRUE(tables.walk(address).global);
}

TEST_F(Walk, RemembersGlobalKernelPagesUntilAnInvalidation) {
  memory[slot(0x2000, 2)] = 0x40000000 | present | large | global;
  EXPECT_TRUE(tables.walk(address).global);
  memory[slot(0x2000, 2)] = 0x40000000 | present | large;
  tables.set_cr3(0x1000);
  EXPECT_TRUE(tables.walk(address).global);
  tables.forget();
  EXPECT_FALSE(tables.walk(address).global);
  // Others are never remembered.
  memory[slot(0x2000, 2)] = 0x40000000 | present | large | global;
  EXPECT_TRUE(tables.walk(address).global);
}

TEST_F(Walk, NothingThere) {
  EXPECT_FALSE(tables.walk(address).large);  // the table is not readable
  memory[slot(0x2000, 2)] = 0x3000 | large | global;
  EXPECT_FALSE(tables.walk(address).large);  // not present
  EXPECT_FALSE(tables.walk(address).global);
}

}  // namespace
}  // namespace osext
