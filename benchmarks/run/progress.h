// SPDX-License-Identifier: GPL-2.0
// Progress of long work on standard error: one line that is rewritten on a
// terminal, plain lines elsewhere.  Thread-safe.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

namespace osext {

class Progress {
 public:
  explicit Progress(int total);
  ~Progress();
  void started(const std::string& what);
  // seconds: what this piece of work took by itself.
  void finished(const std::string& what, const std::string& outcome, double seconds);
  void note(const std::string& line);  // a line of its own, kept

 private:
  std::string remaining() const;
  void show(const std::string& line, bool keep);

  const int total_;
  const bool terminal_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  int done_ = 0;
  bool dirty_ = false;  // an unfinished line stands on the terminal
  std::mutex mutex_;
};

}  // namespace osext
