// SPDX-License-Identifier: GPL-2.0
// verifier_bound: what plain eBPF offers against code that takes too long: the verifier sees that a
// program ends, and nobody asks when.
//
//   measures: one run (BPF_PROG_RUN) of a program that the verifier accepts: bpf_loop(), 2^23
//             rounds of a function that does nothing, by CLOCK_MONOTONIC around the system call
//   also      how deep such loops may stand in each other for the verifier to accept them; each
//             level multiplies the time by 2^23, so that the second would take days: not run
//   excludes: verifying and compiling
//   confounders: nothing else runs on the CPU meanwhile but interrupts
#pragma once

#include <cstdint>

namespace osext {

struct VerifiedLoop {
  std::int64_t time_ns = 0;   // of one run of a single loop
  std::int64_t rounds = 0;    // of it
  std::int64_t accepted = 0;  // so many loops in each other
};

// Needs root.  Throws std::system_error when this kernel does not take such a program.
VerifiedLoop run_verified_loop();

}  // namespace osext
