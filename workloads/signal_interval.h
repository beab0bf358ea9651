// SPDX-License-Identifier: GPL-2.0
// signal_interval: how regularly a process receives the signal of a periodic timer, while others
// want the CPU.  (Hijack paper, section 3.2 and figure 5.)
//
//   measures: from one run of the SIGALRM handler to the next, by the clock that its first
//             instructions read; the timer expires every 10 ms (setitimer)
//   excludes: the time before the first signal
//   expected: 10 ms where the receiver is woken at once; more where it must wait for its turn
//   confounders: the receiver's policy; whether it sleeps (then its wake-up may preempt) or spins
//             (then it is one more CPU-bound task); the time slice: 100 ms with SCHED_RR, a few ms
//             with SCHED_OTHER; a signal that is still pending swallows the next ones (coalesced)
#pragma once

#include <chrono>
#include <vector>

#include "measure/sampler.h"
#include "workloads/scheduling.h"

namespace osext {

constexpr std::chrono::milliseconds kSignalPeriod{10};

enum class Receiver { sleeping, spinning };

struct SignalInterval {
  Policy policy = Policy::other;  // of the receiver and of the background tasks alike
  Receiver receiver = Receiver::sleeping;
  unsigned background = 0;  // CPU-bound tasks
  std::chrono::milliseconds window{0};
};

// Reports interarrival_ns, one value for each signal but the first, and coalesced, the timer's
// expirations in the same time that had no signal of their own.  Pin to one CPU before.  Uses
// SIGALRM and ITIMER_REAL.  Throws std::runtime_error, also when fewer than two signals came.
void signal_interval(Sampler& sampler, const SignalInterval& wanted);

// Reports the same of events that another receiver saw, in order, at these times.
void report_arrivals(Sampler& sampler, const std::vector<std::int64_t>& times_ns);

}  // namespace osext
