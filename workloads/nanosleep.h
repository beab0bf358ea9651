// SPDX-License-Identifier: GPL-2.0
// nanosleep: how much longer a process sleeps than it asked to, while others want the CPU.  (Hijack
// paper, section 3.2 and figure 6.)
//
//   measures: from just before nanosleep() to just after it, by the guest's clock, less what was
//             requested: 100 ns first, then more by the same step each time, up to 0.1 s
//   excludes: nothing; the two readings of the clock are part of it
//   expected: with high-resolution timers the timer slack (50 us for SCHED_OTHER) and the way
//             through the kernel; without them up to a clock tick and more
//   confounders: timer slack, wake-up preemption, the time slice of a background task
#pragma once

#include <cstdint>
#include <span>

#include "measure/sampler.h"

namespace osext {

struct Nanosleep {
  std::uint64_t calls = 0;      // 201: by half a millisecond each, as in the paper
  unsigned background = 0;      // CPU-bound tasks
  bool high_resolution = true;  // what the kernel's timers must be
};

// One call: how long it slept beyond what was requested.  Throws std::system_error.
std::int64_t oversleep_ns(std::int64_t requested_ns);

// What the call number `call` of so many requests.
std::int64_t requested_sleep_ns(std::uint64_t call, std::uint64_t calls);

// The parts, for mechanisms under which other processes make the calls.
void require_timers(bool high_resolution);               // throws std::runtime_error
void measure_sleeps(std::span<std::int64_t> jitter_ns);  // one call each
void report_sleeps(Sampler& sampler, std::span<const std::int64_t> jitter_ns,
                   std::int64_t background_loops_per_ms);
void report_sleeps(Sampler& sampler, std::span<const std::int64_t> requested_ns,
                   std::span<const std::int64_t> jitter_ns, std::int64_t background_loops_per_ms);

// Reports requested_ns and jitter_ns, one value a call, and background_loops_per_ms, what the
// background did meanwhile.  Pin to one CPU before.  Throws std::runtime_error, also when the
// kernel's timers are not as they must be.
void nanosleep_jitter(Sampler& sampler, const Nanosleep& wanted);

}  // namespace osext
