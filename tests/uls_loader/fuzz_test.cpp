// SPDX-License-Identifier: GPL-2.0
// Damaged at random, a file is refused or loaded within its limits; built with sanitizers, so that
// the loader does not touch what it should not either.
#include <elf.h>
#include <gtest/gtest.h>
#include <osext/uls.h>

#include <cstring>
#include <random>

#include "tests/uls_loader/files.h"
#include "uls/host/image.h"

namespace osext {
namespace {

constexpr int kMutations = 1000;
const UlsPlace kPlace = {OSEXT_ULS_CODE + OSEXT_ULS_STUB_BYTES,
                         OSEXT_ULS_DATA + OSEXT_ULS_RECORDS_BYTES, 0x10000};

// Changes bytes where they matter most: the header, the table of sections, or anywhere.
std::string mutate(std::string file, std::mt19937& dice) {
  const auto below = [&](std::size_t limit) { return dice() % limit; };
  Elf64_Ehdr header;
  std::memcpy(&header, file.data(), sizeof header);
  constexpr unsigned char kInteresting[] = {0, 1, 2, 7, 8, 0x7f, 0x80, 0xff};
  const std::size_t changes = 1 + below(8);
  for (std::size_t i = 0; i < changes; ++i) {
    std::size_t begin = 0, bytes = file.size();
    switch (below(4)) {
      case 0:
        begin = 4;
        bytes = sizeof header - 4;
        break;
      case 1:
      case 2:
        begin = header.e_shoff;
        bytes = header.e_shnum * sizeof(Elf64_Shdr);
        break;
    }
    file[begin + below(bytes)] =
        static_cast<char>(below(2) ? kInteresting[below(sizeof kInteresting)] : dice());
  }
  if (below(8) == 0) file.resize(below(file.size()));
  return file;
}

void fuzz(const std::string& good, unsigned seed) {
  std::mt19937 dice(seed);
  int taken = 0;
  for (int i = 0; i < kMutations; ++i) {
    const std::string file = mutate(good, dice);
    try {
      const UlsObject object = parse_uls_object("it", file);
      const UlsImage image = relocate_uls(object, kPlace, {{1, OSEXT_ULS_DATA, 4096}});
      ++taken;
      ASSERT_LE(image.code.size(), std::size_t{OSEXT_ULS_PAGE_BYTES - OSEXT_ULS_STUB_BYTES});
      ASSERT_LE(image.data.size(), std::size_t{OSEXT_ULS_PAGE_BYTES - OSEXT_ULS_RECORDS_BYTES});
      ASSERT_GE(image.entry, kPlace.code);
      ASSERT_LT(image.entry, kPlace.code + image.code.size());
      for (const auto& [name, symbol] : object.symbols)
        if (const auto variable = find_uls_variable(object, kPlace, name)) {
          ASSERT_GE(variable->address, kPlace.code) << name;
          ASSERT_LE(variable->address + variable->bytes, kPlace.data + image.data.size()) << name;
        }
    } catch (const UlsError&) {
    }
  }
  // Both happen, or the damage was not what it is meant to be.
  EXPECT_GT(taken, 0);
  EXPECT_LT(taken, kMutations);
  testing::Test::RecordProperty("taken", taken);
}

TEST(UlsFuzz, SelfCheck) {
  fuzz(test::self_check(), 1);
}
TEST(UlsFuzz, Smallest) {
  fuzz(test::bad(0), 2);
}

}  // namespace
}  // namespace osext
