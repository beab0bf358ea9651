// SPDX-License-Identifier: GPL-2.0
// The loop around one system call: null_syscall, and whatever else a mechanism makes of a call's
// number (rpc, trap, return, interpose).
//
//   measures: from just before SYSCALL to just after it, in the caller
//   excludes: libc, errno, argument set-up beyond number and one argument
#pragma once

#include <cstdint>

#include "workloads/system_call.h"

namespace osext {

// Where the marks stand.  There: begin in the caller, end where the call arrives; back: begin where
// the answer leaves, end in the caller.  For the one-way legs the far side executes its marker and
// returns its time stamp as the call's result.
enum class Leg { round_trip, there, back };

// Makes `pairs` pairs of marks around `ops` calls of `number` with `argument` (ops = 1 for a
// one-way leg) and returns the last call's result.  A template in a header, because mechanisms
// instantiate it where they run it.
template <class Probe>
long call_loop(Probe& probe, std::uint64_t pairs, std::uint64_t ops, long number,
               Leg leg = Leg::round_trip, long argument = 0) {
  long result = 0;
  if (leg == Leg::there) {
    for (std::uint64_t i = 0; i < pairs; ++i) {
      probe.begin();
      result = system_call(number, argument);
      probe.ended_elsewhere(static_cast<std::uint64_t>(result));
    }
  } else if (leg == Leg::back) {
    for (std::uint64_t i = 0; i < pairs; ++i) {
      result = system_call(number, argument);
      probe.end();
      probe.began_elsewhere(static_cast<std::uint64_t>(result));
    }
  } else if (ops == 1) {
    for (std::uint64_t i = 0; i < pairs; ++i) {
      probe.begin();
      result = system_call(number, argument);
      probe.end();
    }
  } else {
    // A batch: the loop's own two instructions per call are part of it.
    for (std::uint64_t i = 0; i < pairs; ++i) {
      probe.begin();
      for (std::uint64_t j = 0; j < ops; ++j) result = system_call(number, argument);
      probe.end();
    }
  }
  return result;
}

// The same for a program that uses its working set before each call: `walk` (working_set.h) and the
// call are one operation.
template <class Probe, class Walk>
long walked_call_loop(Probe& probe, std::uint64_t pairs, Walk walk, long number,
                      long argument = 0) {
  long result = 0;
  for (std::uint64_t i = 0; i < pairs; ++i) {
    probe.begin();
    walk();
    result = system_call(number, argument);
    probe.end();
  }
  return result;
}

}  // namespace osext
