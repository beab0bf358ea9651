// SPDX-License-Identifier: GPL-2.0
#include "workloads/child.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace osext {

Child::Child(const std::function<void()>& body) {
  const pid_t parent = getpid();
  std::fflush(nullptr);  // or both processes would print what is buffered
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "cannot fork");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);  // it died before the request took effect
    try {
      body();
    } catch (const std::exception& error) {
      fmt::print(stderr, "child process: {}\n", error.what());
      _exit(1);
    }
    _exit(0);
  }
  stat_ = open(fmt::format("/proc/{}/stat", pid_).c_str(), O_RDONLY | O_CLOEXEC);
}

Child::~Child() {
  if (stat_ >= 0) close(stat_);
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Child::until_blocked() {
  constexpr int kMostTries = 1'000'000;
  for (int i = 0; i < kMostTries; ++i) {
    char text[512];
    const ssize_t n = pread(stat_, text, sizeof text, 0);
    const std::string_view stat(text, n > 0 ? static_cast<std::size_t>(n) : 0);
    // "pid (name) state ...": the name may contain anything, so look from the right.
    const std::size_t paren = stat.rfind(')');
    const char state = paren == std::string_view::npos ? 'X' : stat.substr(paren + 2).front();
    if (state == 'S') return;
    if (state == 'Z' || state == 'X') throw std::runtime_error("the other process has ended early");
    sched_yield();
  }
  throw std::runtime_error("the other process does not block");
}

void Child::join() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0)
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  pid_ = -1;
  if (WIFSIGNALED(status))
    throw std::runtime_error(fmt::format("the other process died of signal {}", WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) throw std::runtime_error("the other process has failed");
}

}  // namespace osext
