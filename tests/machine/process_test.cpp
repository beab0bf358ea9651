// SPDX-License-Identifier: GPL-2.0
// Children: waited for, killed, never left behind.
#include "machine/vm/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>

#include "machine/machine.h"

namespace osext {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

SpawnOptions command(std::vector<std::string> argv) {
  SpawnOptions options;
  options.argv = std::move(argv);
  return options;
}

bool is_gone(pid_t pid) {
  return kill(pid, 0) != 0;
}

TEST(Process, ReportsTheExitStatus) {
  Process child(command({"sh", "-c", "exit 7"}));
  auto status = child.wait_until(deadline_in(seconds(20)));
  ASSERT_TRUE(status);
  EXPECT_EQ(WEXITSTATUS(*status), 7);
}

TEST(Process, StopsWaitingAtTheDeadline) {
  Process child(command({"sleep", "100"}));
  EXPECT_FALSE(child.wait_until(deadline_in(milliseconds(30))));
}

TEST(Process, DiesWithItsOwner) {
  pid_t pid;
  {
    Process child(command({"sleep", "100"}));
    pid = child.pid();
    EXPECT_FALSE(is_gone(pid));
  }
  EXPECT_TRUE(is_gone(pid));
}

TEST(Process, TakesItsGroupAlong) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  auto options = command({"sh", "-c", "sleep 100 & echo $!; wait"});
  options.output = ends[1];
  pid_t grandchild = 0;
  {
    Process child(options);
    char text[32] = {};
    ASSERT_GT(read(ends[0], text, sizeof text - 1), 0);
    grandchild = atoi(text);
    ASSERT_GT(grandchild, 1);
  }
  // The grandchild is reaped by someone else: wait for the end of its output.
  close(ends[1]);
  char byte;
  EXPECT_EQ(read(ends[0], &byte, 1), 0);
  close(ends[0]);
}

TEST(Process, NamesAProgramThatIsMissing) {
  try {
    Process child(command({"/no/such/program"}));
    FAIL();
  } catch (const MachineError& error) {
    EXPECT_STREQ(error.what(), "cannot run /no/such/program: No such file or directory");
  }
}

TEST(Process, InheritsOnlyWhatItIsGiven) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  auto test =
      fmt::format("test -e /proc/self/fd/{} && test ! -e /proc/self/fd/{}", ends[0], ends[1]);
  auto options = command({"sh", "-c", test});
  options.keep = {ends[0]};
  Process child(options);
  auto status = child.wait_until(deadline_in(seconds(20)));
  ASSERT_TRUE(status);
  EXPECT_EQ(WEXITSTATUS(*status), 0);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace osext
