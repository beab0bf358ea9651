// SPDX-License-Identifier: GPL-2.0
// Raw frames: what the writer writes the reader reads, and no bytes bring the reader down.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <random>
#include <sstream>

#include "measure/raw_reader.h"
#include "measure/raw_writer.h"

namespace osext {
namespace {

class RawRecord : public testing::Test {
 protected:
  RawRecord() : path_(testing::TempDir() + "osext-raw-" + std::to_string(getpid())) {}
  ~RawRecord() override { unlink(path_.c_str()); }

  std::string write_example() {
    RawWriter writer(path_);
    writer.note("kernel", "6.12\nDebian");
    writer.cell({"primitive_cost", "linux", "rpc_peer", {{"bytes", "1"}}});
    writer.marked({.count = 10, .ops = 1000, .warmup = 3, .trial = 1});
    writer.values({.count = 2, .ops = 1}, "cycles", "tsc_cycles", std::vector<std::int64_t>{5, -6},
                  {{"task", "0"}});
    writer.fact("fast_entries", 42);
    writer.status(Status::failed, "two\nlines\n");
    writer.cell({"primitive_cost", "linux", "null_syscall", {}});
    writer.status(Status::ok, "");
    return contents();
  }
  std::string contents() {
    std::ifstream file(path_, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  std::string path_;
};

RawRecords read(const std::string& bytes) {
  return read_raw_records(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

TEST_F(RawRecord, ComesBackAsItWas) {
  const RawRecords records = read(write_example());
  EXPECT_FALSE(records.truncated);
  ASSERT_EQ(records.frames.size(), 8u);
  EXPECT_EQ(std::get<RawNote>(records.frames[0]).value, "6.12 Debian");
  EXPECT_EQ(std::get<Cell>(records.frames[1]).params.at("bytes"), "1");
  const Series& series = std::get<RawMarked>(records.frames[2]).series;
  EXPECT_EQ(series.count, 10u);
  EXPECT_EQ(series.ops, 1000u);
  EXPECT_EQ(series.warmup, 3u);
  EXPECT_EQ(series.trial, 1u);
  const RawValues& values = std::get<RawValues>(records.frames[3]);
  EXPECT_EQ(values.values, (std::vector<std::int64_t>{5, -6}));
  EXPECT_EQ(values.unit, "tsc_cycles");
  EXPECT_EQ(values.labels, (Params{{"task", "0"}}));
  EXPECT_EQ(std::get<RawFact>(records.frames[4]).value, 42);
  EXPECT_EQ(std::get<RawStatus>(records.frames[5]).reason, "two lines");
  EXPECT_EQ(std::get<RawStatus>(records.frames[7]).status, Status::ok);
}

TEST_F(RawRecord, FactsBelongToTheirCell) {
  RawWriter writer(path_);
  writer.cell({"tlb_working_set", "linux", "null_syscall", {}});
  EXPECT_FALSE(writer.has_fact("stride_bytes"));
  writer.fact("stride_bytes", 4160);
  EXPECT_TRUE(writer.has_fact("stride_bytes"));
  writer.cell({"tlb_working_set", "linux", "rpc_peer", {}});
  EXPECT_FALSE(writer.has_fact("stride_bytes"));
}

TEST_F(RawRecord, CutAnywhereKeepsWholeFrames) {
  const std::string whole = write_example();
  std::size_t last = 0;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const RawRecords records = read(whole.substr(0, length));
    EXPECT_GE(records.frames.size(), last);
    last = records.frames.size();
    EXPECT_LT(last, 8u);
  }
  EXPECT_EQ(last, 7u);
}

TEST_F(RawRecord, DamageIsAnErrorOrData_NeverACrash) {
  const std::string whole = write_example();
  std::mt19937 random(1);
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = whole;
    for (int k = 0; k < 3; ++k)
      damaged[random() % damaged.size()] = static_cast<char>(random() % 256);
    try {
      read(damaged);
    } catch (const std::runtime_error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 10'000);
}

std::string frame(std::uint32_t kind, const std::string& payload, std::uint64_t bytes) {
  const osext_raw_header header{OSEXT_RAW_MAGIC, kind, bytes};
  return std::string(reinterpret_cast<const char*>(&header), sizeof header) + payload;
}

TEST(RawReader, RefusesWhatTheFormatDoesNotAllow) {
  const auto of = [](std::uint32_t kind, const std::string& payload) {
    return frame(kind, payload, payload.size());
  };
  EXPECT_THROW(read("this is no record file, whatever it is"), std::runtime_error);
  EXPECT_THROW(read(of(99, "")), std::runtime_error);
  EXPECT_THROW(read(frame(OSEXT_RAW_NOTE, "", ~0ull)), std::runtime_error);
  EXPECT_THROW(read(of(OSEXT_RAW_CELL, "a\nb\n")), std::runtime_error);
  EXPECT_THROW(read(of(OSEXT_RAW_CELL, "a\nb\nc\nd\n")), std::runtime_error);
  EXPECT_THROW(read(of(OSEXT_RAW_STATUS, "splendid\n")), std::runtime_error);
  EXPECT_THROW(read(of(OSEXT_RAW_STATUS, "failed\n\n")), std::runtime_error);
  EXPECT_THROW(read(of(OSEXT_RAW_FACT, "n=12x")), std::runtime_error);
  EXPECT_THROW(read(of(OSEXT_RAW_FACT, "n=99999999999999999999")), std::runtime_error);
  EXPECT_THROW(read(of(OSEXT_RAW_NOTE, "no equals sign")), std::runtime_error);
  EXPECT_THROW(read(of(OSEXT_RAW_MARKED, std::string(32, '\0'))), std::runtime_error);
  // A count that overflows when it is multiplied by eight.
  const osext_raw_values values{0x2000000000000001ull, 1, 0};
  std::string payload(reinterpret_cast<const char*>(&values), sizeof values);
  payload += std::string("m\0u\0\0", 5) + std::string(8, '\0');
  EXPECT_THROW(read(of(OSEXT_RAW_VALUES, payload)), std::runtime_error);
}

}  // namespace
}  // namespace osext
