// SPDX-License-Identifier: GPL-2.0
// context_switch: one process hands the CPU to another, one way.
//
//   measures: from just before the first process's FUTEX_WAKE of the second, through its own
//             FUTEX_WAIT, which gives up the CPU, to just after the second's FUTEX_WAIT has
//             returned in user mode: one switch of address spaces between two processes of one CPU,
//             and the system calls without which no process hands over
//   excludes: the way back; making sure, before each operation, that the second process is blocked
//   expected: 2.99 us on a 550 MHz Pentium III (slides), 1640 cycles
//   confounders: wake-up preemption decides whether the switch happens in FUTEX_WAKE or FUTEX_WAIT
#pragma once

#include "measure/sampler.h"

namespace osext {

// Pin to one CPU before.  Throws std::runtime_error.
void context_switch(Sampler& sampler, const Series& series);

}  // namespace osext
