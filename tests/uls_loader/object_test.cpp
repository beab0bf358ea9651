// SPDX-License-Identifier: GPL-2.0
// What the loader refuses, why, and that nothing else about the file was wrong.
#include <elf.h>
#include <gtest/gtest.h>
#include <osext/uls.h>

#include <cstddef>
#include <cstring>
#include <functional>

#include "tests/uls_loader/files.h"
#include "uls/host/image.h"

namespace osext {
namespace {

const UlsPlace kPlace = {OSEXT_ULS_CODE + OSEXT_ULS_STUB_BYTES,
                         OSEXT_ULS_DATA + OSEXT_ULS_RECORDS_BYTES, 0x10000};

// What the loader says about a file; empty if it takes it.
std::string complaint(const std::string& file) {
  try {
    relocate_uls(parse_uls_object("it", file), kPlace, {});
    return "";
  } catch (const UlsError& error) {
    return error.what();
  }
}

void expect_refused(const std::string& file, const std::string& why) {
  const std::string said = complaint(file);
  EXPECT_NE(said.find(why), std::string::npos) << "said: '" << said << "', not: " << why;
  EXPECT_EQ(said.substr(0, 4), "it: ") << said;
}

TEST(UlsObject, GoodOnesAreTaken) {
  EXPECT_EQ(complaint(test::bad(0)), "");
  EXPECT_EQ(complaint(test::self_check()), "");
}

TEST(UlsObject, BadOnesAreRefused) {
  const char* const kReasons[] = {"has no function osext_uls_entry",
                                  "calls what is nowhere: nowhere, nowhere_else",
                                  "through a table (GOT)",
                                  "counter is too far away",
                                  "floating-point or vector registers",
                                  "beyond is too far away",
                                  "relocation type 14",
                                  "both written and executed",
                                  "thread-local",
                                  "common symbol",
                                  "too much data",
                                  "too much code",
                                  "has constructors, but no runtime",
                                  "aligned to 8192",
                                  "another version of uls/runtime",
                                  ".fini_array has no meaning",
                                  "which is not loaded"};
  for (int number = 1; const char* why : kReasons) expect_refused(test::bad(number++), why);
  expect_refused(test::read_whole(OSEXT_ULS_UNNOTED), "does not say which registers it uses");
}

TEST(UlsObject, DamagedFilesAreRefused) {
  const std::string good = test::self_check();
  const auto with = [&](const std::function<void(Elf64_Ehdr&)>& change) {
    std::string file = good;
    Elf64_Ehdr header;
    std::memcpy(&header, file.data(), sizeof header);
    change(header);
    std::memcpy(file.data(), &header, sizeof header);
    return file;
  };
  expect_refused("", "no ELF file");
  expect_refused("#!/bin/sh\n", "no ELF file");
  expect_refused(std::string(4096, 'x'), "no ELF file");
  expect_refused(with([](auto& header) { header.e_ident[EI_CLASS] = ELFCLASS32; }), "64-bit x86");
  expect_refused(with([](auto& header) { header.e_ident[EI_DATA] = ELFDATA2MSB; }), "64-bit x86");
  expect_refused(with([](auto& header) { header.e_machine = EM_AARCH64; }), "64-bit x86");
  expect_refused(with([](auto& header) { header.e_type = ET_DYN; }), "shared object or a program");
  expect_refused(with([](auto& header) { header.e_type = ET_EXEC; }), "no relocatable object");
  expect_refused(with([](auto& header) { header.e_shoff += 8; }), "cut short or damaged");
  expect_refused(with([](auto& header) { header.e_shoff = ~0UL & ~7UL; }), "cut short or damaged");
  expect_refused(with([](auto& header) { header.e_shnum = 0xfeff; }), "cut short or damaged");
  expect_refused(with([](auto& header) { header.e_shstrndx = 0; }), "damaged");
  expect_refused(test::read_whole("/proc/self/exe"), "shared object or a program");
}

// Every proper beginning of a good file is refused, wherever it ends.
TEST(UlsObject, TruncatedFilesAreRefused) {
  const std::string good = test::bad(0);
  for (std::size_t bytes = 0; bytes < good.size(); ++bytes)
    ASSERT_NE(complaint(good.substr(0, bytes)), "") << bytes << " of " << good.size() << " bytes";
}

TEST(UlsObject, OverlappingSectionsAreRefused) {
  std::string file = test::self_check();
  Elf64_Ehdr header;
  std::memcpy(&header, file.data(), sizeof header);
  // The second section with contents where the first one is.
  Elf64_Shdr first{}, section{};
  for (unsigned i = 1; i < header.e_shnum; ++i) {
    char* at = file.data() + header.e_shoff + i * sizeof section;
    std::memcpy(&section, at, sizeof section);
    if (section.sh_type != SHT_PROGBITS || section.sh_size < 8) continue;
    if (first.sh_size == 0) {
      first = section;
      continue;
    }
    section.sh_offset = first.sh_offset + 1;
    std::memcpy(at, &section, sizeof section);
    break;
  }
  expect_refused(file, "overlap");
}

TEST(UlsObject, FilesThatAreNone) {
  EXPECT_THROW(read_uls_object("/nowhere/at/all"), UlsError);
  EXPECT_THROW(read_uls_object("/"), UlsError);
  EXPECT_THROW(read_uls_object("/dev/zero"), UlsError);
}

TEST(UlsObject, HeapHasToFit) {
  const UlsObject object = parse_uls_object("it", test::bad(0));
  EXPECT_EQ(uls_data_bytes(object, 0x10000), 0x11000U);
  EXPECT_THROW(uls_data_bytes(object, 100), UlsError);
  EXPECT_THROW(uls_data_bytes(object, 0xfffff000), UlsError);
}

TEST(UlsObject, TooManySegments) {
  const UlsObject object = parse_uls_object("it", test::self_check());
  std::vector<UlsSegment> segments(8, UlsSegment{1, OSEXT_ULS_DATA, 4096});
  EXPECT_NO_THROW(relocate_uls(object, kPlace, segments));
  segments.push_back(segments[0]);
  EXPECT_THROW(relocate_uls(object, kPlace, segments), UlsError);
}

}  // namespace
}  // namespace osext
