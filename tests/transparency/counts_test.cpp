// SPDX-License-Identifier: GPL-2.0
// Counts of system calls: what is read from strace and from the executive, and what is accepted.
#include "tests/transparency/guest/counts.h"

#include <gtest/gtest.h>

#include <sstream>

namespace osext::test {
namespace {

Counts strace(const std::string& text) {
  std::istringstream in(text);
  return counts_of_strace_log(in);
}
std::vector<StatedDifference> stated(const std::string& text) {
  std::istringstream in(text);
  return read_stated_differences(in);
}
using Problems = std::vector<std::string>;

TEST(StraceLog, EachCallThatIsEnteredCountsOnce) {
  EXPECT_EQ(strace("100   execve(0x7f, 0x80, 0x90) = 0\n"
                   "100   clone(0x1, 0x2 <unfinished ...>\n"
                   "101   getpid() = 0x65\n"
                   "100   <... clone resumed>) = 0x65\n"
                   "101   exit_group(0) = ?\n"
                   "101   +++ exited with 0 +++\n"
                   "100   --- SIGCHLD {si_signo=SIGCHLD} ---\n"
                   "100   wait4(-1, 0x1 <unfinished ...>\n"
                   "100   +++ killed by SIGKILL +++\n"),
            (Counts{{"clone", 1}, {"execve", 1}, {"exit_group", 1}, {"getpid", 1}, {"wait4", 1}}));
  EXPECT_EQ(strace("getpid() = 1\ngetpid() = 1\n"), (Counts{{"getpid", 2}}));
  EXPECT_EQ(strace(""), Counts());
}

TEST(StraceLog, OfAnInterruptedCallOnlyTheLastTimeCounts) {
  EXPECT_EQ(strace("7 clone(0x1, 0) = ? ERESTARTNOINTR (To be restarted)\n"
                   "7 clone(0x1, 0) = 0x8\n"
                   "7 read(0, 0x1, 0x1 <unfinished ...>\n"
                   "8 getpid() = 8\n"
                   "7 <... read resumed>)   = -1 ERESTARTSYS (Unknown error 512)\n"
                   "7 read(0, 0x1, 0x1) = 0x1\n"),
            (Counts{{"clone", 1}, {"getpid", 1}, {"read", 1}}));
  EXPECT_EQ(strace("7 pause() = ? ERESTARTNOHAND (To be restarted if no handler)\n"
                   "7 --- SIGTERM {si_signo=SIGTERM} ---\n"
                   "7 +++ killed by SIGTERM +++\n"),
            (Counts{{"pause", 1}}));
}

TEST(StraceLog, AnotherLineIsRefused) {
  EXPECT_THROW(strace("hello\n"), std::runtime_error);
  EXPECT_THROW(strace("100 strace: cannot attach (why)\n"), std::runtime_error);
}

TEST(ExecutiveCounts, AreRead) {
  std::istringstream in("read 10\nwrite 2\nread 1\n");
  EXPECT_EQ(read_counts(in), (Counts{{"read", 11}, {"write", 2}}));
  for (const char* bad : {"read\n", "read x\n", "read 1 2\n"}) {
    std::istringstream wrong(bad);
    EXPECT_THROW(read_counts(wrong), std::runtime_error) << bad;
  }
}

TEST(StatedDifferences, NeedAReasonAndARange) {
  const auto read = stated("# comment\n\n* execve -1 0 the first one\ntar read any any timing\n");
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].command, "*");
  EXPECT_EQ(read[0].low, -1);
  EXPECT_EQ(read[0].reason, "the first one");
  EXPECT_LT(read[1].low, -1000000);
  EXPECT_GT(read[1].high, 1000000);
  EXPECT_THROW(stated("* execve -1 0\n"), std::runtime_error);
  EXPECT_THROW(stated("* execve 1 0 upside down\n"), std::runtime_error);
  EXPECT_THROW(stated("* execve one 2 a reason\n"), std::runtime_error);
}

TEST(CompareCounts, EqualCountsAreWell) {
  EXPECT_EQ(compare_counts("ls", {{"read", 3}}, {{"read", 3}}, {}), Problems());
}

TEST(CompareCounts, EveryDifferenceIsNamed) {
  EXPECT_EQ(compare_counts("ls", {{"read", 3}, {"open", 1}}, {{"read", 2}, {"close", 1}}, {}),
            (Problems{"close: strace sees 0, the executive counts 1",
                      "open: strace sees 1, the executive counts 0",
                      "read: strace sees 3, the executive counts 2"}));
}

TEST(CompareCounts, OnlyWhatIsStatedIsAccepted) {
  const auto list = stated("* execve -1 0 the first one\nls read -2 2 timing\n");
  const Counts native = {{"execve", 1}, {"read", 5}};
  EXPECT_EQ(compare_counts("ls", native, {{"read", 7}}, list), Problems());
  EXPECT_TRUE(list[0].used && list[1].used);
  EXPECT_EQ(compare_counts("ls", native, {{"read", 8}}, list),
            Problems{"read: strace sees 5, the executive counts 8 (stated: -2 to 2 more)"});
  EXPECT_EQ(compare_counts("cat", native, {{"read", 6}}, list),
            Problems{"read: strace sees 5, the executive counts 6"});
  EXPECT_EQ(compare_counts("cat", native, {{"execve", 2}, {"read", 5}}, list),
            Problems{"execve: strace sees 1, the executive counts 2 (stated: -1 to 0 more)"});
}

TEST(CompareCounts, StatementsAddUpAndWhatIsNotNeededIsKnown) {
  const auto list = stated("* read 1 1 one\nls read 1 1 two\n* write 1 1 never\n");
  EXPECT_EQ(compare_counts("ls", {{"read", 1}}, {{"read", 3}}, list), Problems());
  EXPECT_EQ(compare_counts("cat", {{"read", 1}}, {{"read", 2}}, list), Problems());
  EXPECT_FALSE(list[2].used);
}

}  // namespace
}  // namespace osext::test
