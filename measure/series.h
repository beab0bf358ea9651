// SPDX-License-Identifier: GPL-2.0
// A series: how many pairs of marks a measurement takes and what each pair covers.
#pragma once

#include <cstdint>

namespace osext {

// Who executes the marks around an operation.  It decides which probes can be used: a counter that
// is read by a system call is no use where system calls are what is being interposed on.
enum class Reach {
  caller,         // begin and end both in the calling process
  other_process,  // the end, or the begin, in another process of the same CPU
  enclosed,       // in a place where the probe must not make a system call
};

struct Series {
  std::uint64_t count = 1;   // measured pairs
  std::uint64_t ops = 1;     // operations in each pair
  std::uint64_t warmup = 0;  // pairs before those: executed by the same code, then dropped
  std::uint64_t trial = 0;
  Reach reach = Reach::caller;

  std::uint64_t pairs() const { return warmup + count; }
};

}  // namespace osext
