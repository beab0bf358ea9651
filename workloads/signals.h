// SPDX-License-Identifier: GPL-2.0
// signal_self, signal_other: from kill() to the first instruction of the handler.
//
//   measures: leg one_way (the default): from just before kill() to the handler's first
//             instruction, which is the mark.  signal_self: a handler in the same process, run
//             before kill() returns.  signal_other: a handler in another process of the same CPU,
//             blocked in sigsuspend(); the caller blocks in sigwaitinfo() after kill(), so the way
//             contains that call's beginning and one process switch.
//             leg round_trip: to the caller again, when kill() has returned (self), or when
//             sigwaitinfo() has returned the signal that the other sends after its handler (other).
//   excludes: making sure, before each operation, that the other process is blocked
//   expected: 6000 and 46000 cycles on a 1.4 GHz Pentium 4 (slides)
//   confounders: the size of the FPU state saved in a signal frame; wake-up preemption
#pragma once

#include "measure/sampler.h"

namespace osext {

enum class SignalLeg { one_way, round_trip };

// Pin to one CPU before.  They use SIGUSR1 and SIGUSR2, restore what was set, and throw
// std::runtime_error.
void signal_self(Sampler& sampler, const Series& series, SignalLeg leg);
void signal_other(Sampler& sampler, const Series& series, SignalLeg leg);

}  // namespace osext
