// SPDX-License-Identifier: GPL-2.0
// See several.h.
#include "tests/hijack/guest/several.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace osext::test {

pid_t start_guest(HijackSession& session, const std::function<int()>& body) {
  std::fflush(stdout);
  const pid_t child = fork();
  require(child >= 0, "fork failed");
  if (child != 0) return child;
  int status = 99;
  try {
    session.join();
    status = body();
  } catch (const std::exception& error) {
    fmt::print("  in a guest: {}\n", error.what());
    std::fflush(stdout);
  }
  _exit(status);
}

int wait_for(pid_t child) {
  int status;
  require(waitpid(child, &status, 0) == child, "waitpid failed");
  return status;
}

void await(const std::function<bool()>& condition, const char* what) {
  constexpr int kSteps = 30000;
  for (int step = 0; !condition(); ++step) {
    require(step < kSteps, "{}", what);
    usleep(1000);
  }
}

}  // namespace osext::test
