// SPDX-License-Identifier: GPL-2.0
// osext-hijack as people run it, and all the processes that come of it.
#pragma once

#include <string>
#include <vector>

#include "tests/hijack/guest/check.h"

namespace osext::test {

// Runs a shell script by osext-hijack.  All that it starts stays below this process, whose children
// orphans become.
class Launched {
 public:
  // `terminal`: a file that becomes its controlling terminal, or -1.
  explicit Launched(const std::string& script, int terminal = -1);
  Launched(const Launched&) = delete;
  Launched& operator=(const Launched&) = delete;

  pid_t launcher() const { return launcher_; }
  pid_t executive() const;            // 0 if it has not started, or is gone
  std::vector<pid_t> guests() const;  // all that live

 private:
  pid_t launcher_ = -1;
};

// Until require_nobody_left(): the orphans among its descendants become this process's children.
void adopt_orphans();

// kill -9 to all that this process has started, and what that has.
void kill_everybody();

// Reaps all that this process has started, and what that has; fails if one lives on, is not
// reaped, or the module is still in use.
void require_nobody_left();

}  // namespace osext::test
