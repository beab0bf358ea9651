// SPDX-License-Identifier: GPL-2.0
// Burning CPU time: what a CPU-bound task does that has nothing to compute.
#pragma once

namespace osext {

// About 480 instructions that do nothing, in one page.  A simulated machine executes no-ops in
// next to no time of its host, so a minute of a busy processor costs seconds; interrupts come in
// between as always.
[[gnu::always_inline]] inline void burn_a_little() {
  asm volatile(
      ".balign 512\n"
      ".rept 480\n"
      "nop\n"
      ".endr");
}

// A tenth of a millisecond, or less, at a nanosecond an instruction.
[[gnu::noinline]] inline void burn() {
  constexpr int kRounds = 200;
  for (int i = 0; i < kRounds; ++i) burn_a_little();
}

}  // namespace osext
