// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/run/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace osext {

Progress::Progress(int total) : total_(total), terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (dirty_) std::fputs("\r\x1b[K", stderr);
}

std::string Progress::remaining() const {
  if (done_ == 0 || done_ == total_) return "";
  const double elapsed =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  return fmt::format(", about {:.0f} s left", elapsed / done_ * (total_ - done_));
}

void Progress::show(const std::string& line, bool keep) {
  if (terminal_) {
    fmt::print(stderr, "\r\x1b[K{}{}", line, keep ? "\n" : "");
    dirty_ = !keep;
  } else if (keep) {
    fmt::print(stderr, "{}\n", line);
  }
  std::fflush(stderr);
}

void Progress::started(const std::string& what) {
  const std::scoped_lock lock(mutex_);
  show(fmt::format("[{}/{}] {} ...{}", done_, total_, what, remaining()), false);
}

void Progress::finished(const std::string& what, const std::string& outcome, double seconds) {
  const std::scoped_lock lock(mutex_);
  ++done_;
  show(fmt::format("[{}/{}] {}: {} ({:.1f} s){}", done_, total_, what, outcome, seconds,
                   remaining()),
       true);
}

void Progress::note(const std::string& line) {
  const std::scoped_lock lock(mutex_);
  show(line, true);
}

}  // namespace osext
