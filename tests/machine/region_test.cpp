// SPDX-License-Identifier: GPL-2.0
// The host's side of the region, with the test in the agent's place.
#include "machine/vm/region.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "machine/agent/command.h"

namespace osext {
namespace {

class RegionTest : public testing::Test {
 protected:
  RegionTest() {
    file_ = std::filesystem::temp_directory_path() / ("region-test-" + std::to_string(getpid()));
    std::ofstream(file_) << "contents";
  }
  ~RegionTest() override { std::filesystem::remove(file_); }

  Unit unit() const {
    return {"u",
            {"prog", "-x"},
            {{file_, "/run/osext/prog", 0755}},
            "/run/osext/records",
            std::chrono::seconds(1)};
  }
  void answer(__u64 status, const std::string& records, const std::string& console,
              const std::string& log) {
    auto* command = region_.command();
    std::string all = records + console + log;
    memcpy(region_.bytes() + OSEXT_REGION_OUTPUT, all.data(), all.size());
    command->records_length = records.size();
    command->console_length = console.size();
    command->kernel_log_length = log.size();
    command->exit_status = status;
    command->finished = 1;
  }
  void expect_refused(const Unit& bad, const std::string& says) {
    try {
      region_.submit(bad);
      ADD_FAILURE() << "accepted";
    } catch (const MachineError& error) {
      EXPECT_NE(std::string(error.what()).find(says), std::string::npos) << error.what();
    }
    EXPECT_EQ(region_.command()->submitted, 0U) << "bad input changed something";
  }

  std::filesystem::path file_;
  Region region_;
};

TEST_F(RegionTest, WhatTheHostWritesTheAgentAccepts) {
  region_.submit(unit());
  auto* command = region_.command();
  EXPECT_EQ(command->submitted, 1U);
  EXPECT_EQ(agent::find_fault(*command), nullptr);
  ASSERT_EQ(command->file_count, 1U);
  EXPECT_STREQ(command->files[0].path, "/run/osext/prog");
  EXPECT_EQ(command->files[0].mode, 0755U);
  EXPECT_EQ(std::string(region_.bytes() + command->files[0].offset, command->files[0].length),
            "contents");
  char* argv[4];
  EXPECT_EQ(agent::split_arguments(*command, argv, 4), 2);
  EXPECT_STREQ(argv[1], "-x");
}

TEST_F(RegionTest, FilesDoNotOverlap) {
  Unit two = unit();
  two.files.push_back({file_, "/run/osext/second"});
  region_.submit(two);
  auto* command = region_.command();
  EXPECT_GE(command->files[1].offset, command->files[0].offset + command->files[0].length);
  EXPECT_EQ(agent::find_fault(*command), nullptr);
}

TEST_F(RegionTest, RefusesWhatDoesNotFit) {
  Unit bad = unit();
  bad.argv = {};
  expect_refused(bad, "no program");
  bad = unit();
  bad.argv.push_back("");
  expect_refused(bad, "argument is empty");
  bad = unit();
  bad.argv.push_back(std::string(OSEXT_COMMAND_ARGUMENTS, 'a'));
  expect_refused(bad, "arguments take");
  bad = unit();
  bad.records = "/" + std::string(200, 'r');
  expect_refused(bad, "record path");
  bad = unit();
  bad.files[0].guest = "/" + std::string(200, 'p');
  expect_refused(bad, "path");
  bad = unit();
  bad.files[0].host = "/no/such/file";
  expect_refused(bad, "cannot read /no/such/file");
  bad = unit();
  bad.files.assign(OSEXT_COMMAND_FILES + 1, bad.files[0]);
  expect_refused(bad, "files");
  bad = unit();
  std::filesystem::resize_file(file_, OSEXT_REGION_FILES_SIZE + 1);
  expect_refused(bad, "47 MiB");
}

TEST_F(RegionTest, CollectsWhatTheAgentLeft) {
  region_.submit(unit());
  EXPECT_FALSE(region_.finished());
  answer(0, "rec", "hello\n", "log\n");
  EXPECT_TRUE(region_.finished());
  auto result = region_.collect();
  EXPECT_EQ(result.outcome, Outcome::finished);
  EXPECT_EQ(result.records, "rec");
  EXPECT_EQ(result.console, "hello\n");
  EXPECT_EQ(result.kernel_log, "log\n");
  EXPECT_EQ(result.reason, "");
}

TEST_F(RegionTest, SaysHowTheProgramEnded) {
  answer(3 << 8, "", "", "");
  auto result = region_.collect();
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_EQ(result.exit_status, 3);
  EXPECT_EQ(result.reason, "the program ended with status 3");
  answer(11, "", "", "");
  result = region_.collect();
  EXPECT_EQ(result.exit_status, 139);
  EXPECT_EQ(result.reason, "the program was killed by signal 11 (Segmentation fault)");
  answer(125 << 8, "", "some output\nosext-agent: refused: too many files\n", "");
  EXPECT_EQ(region_.collect().reason, "in the guest: refused: too many files");
}

TEST_F(RegionTest, DoesNotTrustTheGuestsLengths) {
  answer(0, "r", "c", "l");
  for (__u64 length : {OSEXT_REGION_OUTPUT_SIZE + 1, ~0ULL}) {
    region_.command()->console_length = length;
    auto result = region_.collect();
    EXPECT_EQ(result.outcome, Outcome::crashed);
    EXPECT_NE(result.reason.find("makes no sense"), std::string::npos);
  }
}

TEST_F(RegionTest, TheRingIsBounded) {
  auto* header = reinterpret_cast<osext_region_header*>(region_.bytes());
  auto* ring = reinterpret_cast<osext_counters*>(region_.bytes() + OSEXT_REGION_RING);
  ring[0].sequence = 1;
  ring[1].sequence = 2;
  header->ring_used = 2;
  header->ring_lost = 5;
  UnitResult result;
  region_.collect_ring(result);
  ASSERT_EQ(result.ring.size(), 2U);
  EXPECT_EQ(result.ring[1].sequence, 2U);
  EXPECT_EQ(result.ring_lost, 5U);
  header->ring_used = ~0ULL;
  region_.collect_ring(result);
  EXPECT_EQ(result.ring.size(), OSEXT_REGION_RING_ENTRIES);
}

}  // namespace
}  // namespace osext
