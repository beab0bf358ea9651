// SPDX-License-Identifier: GPL-2.0
// fault: from an instruction that faults to whoever takes the fault.
//
//   measures: natively, from just before a load from an address where nothing is to the first
//             instruction of the process's own handler for SIGSEGV, which is the mark
//   excludes: the way back; the handler sends the process to its next instruction
//   expected: about the price of signal_self less a system call
//   confounders: the size of the FPU state saved in a signal frame
#pragma once

#include <cstdint>

#include "measure/sampler.h"

namespace osext {

// Loads from `address`, which faults.  Whoever takes the fault lets the program go on at the
// address in rdx; what rax holds then is returned.
[[gnu::always_inline]] inline std::uint64_t faulting_load(std::uint64_t address) {
  std::uint64_t result;
  asm volatile("leaq 1f(%%rip), %%rdx\n\tmovq (%1), %%rax\n1:"
               : "=&a"(result)
               : "D"(address)
               : "rdx", "memory", "cc");
  return result;
}

// An address where no program has memory.
constexpr std::uint64_t kNothingThere = 8;

// `pairs` faults that somebody else takes, whose end mark and time stamp they are.
template <class Probe>
void fault_loop(Probe& probe, std::uint64_t pairs, std::uint64_t address) {
  for (std::uint64_t i = 0; i < pairs; ++i) {
    probe.begin();
    probe.ended_elsewhere(faulting_load(address));
  }
}

// Natively.  Restores what was set; throws std::runtime_error.
void fault(Sampler& sampler, const Series& series);

}  // namespace osext
