// SPDX-License-Identifier: GPL-2.0
// Comparing two runs: every way in which they can differ is seen and said.
#include "tests/transparency/guest/compare.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace osext::test {
namespace {

namespace fs = std::filesystem;

TEST(FirstDifference, EqualTextsHaveNone) {
  EXPECT_FALSE(first_difference("", ""));
  EXPECT_FALSE(first_difference("one\ntwo\n", "one\ntwo\n"));
}

TEST(FirstDifference, TheLineIsNamed) {
  EXPECT_EQ(first_difference("one\ntwo\nthree\n", "one\ntwx\nthree\n"),
            "line 2: \"two\" and \"twx\"");
  EXPECT_EQ(first_difference("a", "b"), "line 1: \"a\" and \"b\"");
  EXPECT_EQ(first_difference("\none", "\ntwo"), "line 2: \"one\" and \"two\"");
}

TEST(FirstDifference, AnEndThatComesEarlyIsADifference) {
  EXPECT_EQ(first_difference("one\n", "one\ntwo\n"), "line 2: (no more) and \"two\"");
  EXPECT_EQ(first_difference("one\ntwo\n", ""), "line 1: \"one\" and (no more)");
  EXPECT_EQ(first_difference("one\n", "one"), "line 1: \"one\" and \"one\"");
}

TEST(FirstDifference, UnprintableAndLongLinesAreShownSafely) {
  EXPECT_EQ(first_difference(std::string("\0a", 2), "\1b"), "line 1: \"\\x00a\" and \"\\x01b\"");
  const auto found = first_difference(std::string(1000, 'x'), "y");
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, "line 1: \"" + std::string(120, 'x') + "\"... and \"y\"");
}

class Results : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              ("osext-compare-" + std::to_string(getpid()) +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    for (const char* side : {"one", "other"}) {
      fs::create_directories(folder_ / side);
      write(side, "status", "exit 0\n");
      write(side, "out", "text\n");
      write(side, "err", "");
    }
  }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const std::string& side, const std::string& suffix, const std::string& text) {
    std::ofstream(folder_ / side / ("name." + suffix), std::ios::binary) << text;
  }
  std::string difference() const {
    return difference_of_results(command_, folder_ / "one", folder_ / "other");
  }
  fs::path folder_;
  ListedCommand command_{"name", 1, {"exit 0", "signal 9"}, {"/bin/true"}};
};

TEST_F(Results, EqualOnesAreWell) {
  EXPECT_EQ(difference(), "");
}

TEST_F(Results, EachPartCounts) {
  write("other", "out", "test\n");
  EXPECT_EQ(difference(), "standard output differs in line 1: \"text\" and \"test\"");
  write("other", "status", "signal 11\n");
  write("one", "err", "oh\n");
  EXPECT_EQ(difference(),
            "exit status differs in line 1: \"exit 0\" and \"signal 11\"; "
            "standard error differs in line 1: \"oh\" and (no more); "
            "standard output differs in line 1: \"text\" and \"test\"");
}

TEST_F(Results, WhatIsMissingOrFailsTwiceIsADifference) {
  fs::remove(folder_ / "one" / "name.err");
  fs::remove(folder_ / "other" / "name.err");
  EXPECT_EQ(difference(), "standard error is missing");
  write("one", "err", "");
  write("other", "err", "");
  write("one", "status", "timeout\n");
  write("other", "status", "timeout\n");
  EXPECT_EQ(difference(),
            "exit status is \"timeout\", not exit 0 or signal 9; output begins \"text\", errors "
            "(no more)");
}

TEST_F(Results, AnyStatusOfTheListIsWell) {
  for (const char* status : {"exit 0\n", "signal 9\n"}) {
    write("one", "status", status);
    EXPECT_EQ(fault_of_status(command_, folder_ / "one"), "") << status;
  }
  for (const char* status : {"exit 1\n", "exit 00\n", "exit 0", "", "timeout\n"}) {
    write("one", "status", status);
    EXPECT_NE(fault_of_status(command_, folder_ / "one"), "") << status;
  }
  fs::remove(folder_ / "one" / "name.status");
  EXPECT_EQ(fault_of_status(command_, folder_ / "one"), "exit status is missing");
}

}  // namespace
}  // namespace osext::test
