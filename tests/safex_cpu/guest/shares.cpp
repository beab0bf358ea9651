// SPDX-License-Identifier: GPL-2.0
// What managed threads get: no more than their target, and with a higher priority no less; and that
// the manager's books are right.
#include "tests/safex_cpu/guest/check.h"

namespace osext::test {
namespace {

constexpr std::uint64_t kSample = OSEXT_SAFEX_CPU_SAMPLE_NS;

// Between two readings of the thread's own clock.
void time_is_right() {
  Loaded module;
  Child child;
  const CpuReservation reservation(child.pid(), milliseconds(900), milliseconds(1000),
                                   OSEXT_SAFEX_CPU_KEEP);
  const std::uint64_t first = child.cpu_ns() - reservation.statistics().used_ns;
  std::uint64_t used_before = 0;
  for (int i = 0; i < 50; ++i) {
    const std::uint64_t before = child.cpu_ns(), used = reservation.statistics().used_ns,
                        after = child.cpu_ns();
    require(used >= used_before, "it went back from {} to {} ns", used_before, used);
    used_before = used;
    // `first` is late by what passed between its two readings, no more than the first step here.
    require(first + used + kSample >= before && used + first <= after + kSample,
            "{} ns used, the clock says {} to {}", used, before - first, after - first);
    wait_for_samples(reservation, 1);
  }
}

std::uint64_t used_in_periods(const CpuReservation& reservation, std::uint64_t periods) {
  wait_for_periods(reservation, 2);
  const std::uint64_t before = reservation.statistics().used_ns;
  wait_for_periods(reservation, periods);
  return reservation.statistics().used_ns - before;
}

// 20 of 100 ms.  Where time is the wall's, a sample may be late by much, so that is the bound.
void capped() {
  Loaded module;
  Child child;
  const CpuReservation reservation(child.pid(), milliseconds(20), milliseconds(100), 0);
  const std::uint64_t used = used_in_periods(reservation, 10);
  fmt::print("  {} ms used of 1000\n", used / 1'000'000);
  require(used < 400'000'000, "it used {} ns in a second", used);
  const osext_safex_cpu_statistics statistics = reservation.statistics();
  require(statistics.blocks >= 5, "blocked {} times in 12 periods", statistics.blocks);
  require(statistics.raises == 0 && statistics.refused == 0, "raised without the flag");
}

// The same without blocking has it all.
void capped_control() {
  Loaded module;
  Child child;
  const CpuReservation reservation(child.pid(), milliseconds(20), milliseconds(100),
                                   OSEXT_SAFEX_CPU_KEEP);
  const std::uint64_t used = used_in_periods(reservation, 10);
  fmt::print("  {} ms used of 1000\n", used / 1'000'000);
  require(used > 500'000'000, "it used {} ns in a second", used);
  require(reservation.statistics().blocks == 0, "it was blocked");
  require(reservation.statistics().unsafe > 0, "nobody noticed");
}

// Beside a process that leaves nothing to those below priority 96, on the same CPU.
struct UnderHog {
  UnderHog() {
    hog.schedule(SCHED_FIFO, 96);
    child.schedule(SCHED_RR, 16);
  }
  AboveAll above;
  Loaded module;
  Child hog, child;
};

void raised() {
  UnderHog under;
  const CpuReservation reservation(under.child.pid(), milliseconds(40), milliseconds(100));
  const std::uint64_t used = used_in_periods(reservation, 10);
  const osext_safex_cpu_statistics statistics = reservation.statistics();
  fmt::print("  {} ms used of 1000, raised {} times\n", used / 1'000'000, statistics.raises);
  require(used > 200'000'000, "it used {} ns in a second", used);
  require(used < 700'000'000, "it used {} ns in a second", used);
  require(statistics.raises >= 5 && statistics.lowers >= 5, "raised {} times, lowered {} times",
          statistics.raises, statistics.lowers);
  require(statistics.refused == 0, "{} changes refused", statistics.refused);
}

void raised_control() {
  UnderHog under;
  const CpuReservation reservation(under.child.pid(), milliseconds(40), milliseconds(100), 0);
  const std::uint64_t used = used_in_periods(reservation, 10);
  require(used < 20'000'000, "it used {} ns below the hog", used);
}

// In one machine the sums must come out, too: three tasks as on the slides, and nobody else runs.
void three() {
  AboveAll above;
  Loaded module;
  Child one, two, three;
  const milliseconds targets[] = {milliseconds(40), milliseconds(100), milliseconds(60)},
                     periods[] = {milliseconds(400), milliseconds(500), milliseconds(200)};
  Child* const children[] = {&one, &two, &three};
  std::vector<CpuReservation> reservations;
  for (int i = 0; i < 3; ++i) {
    children[i]->schedule(SCHED_RR, static_cast<int>(80 * targets[i] / periods[i]));
    reservations.emplace_back(children[i]->pid(), targets[i], periods[i]);
  }
  wait_for_periods(reservations[1], 12);
  for (int i = 0; i < 3; ++i) {
    const osext_safex_cpu_statistics statistics = reservations[i].statistics();
    const double share =
        static_cast<double>(statistics.used_ns) / (static_cast<double>(statistics.samples) * 1e7);
    fmt::print("  {:.1f} %, longest overrun {} us\n", share * 100,
               statistics.overrun_max_ns / 1000);
    const double target = static_cast<double>(targets[i].count()) / periods[i].count();
    require(share < target * 2 && share > target / 3, "it has {:.3f} of the CPU", share);
  }
}

const RegisterCheck checks[] = {{"time_is_right", time_is_right},   {"capped", capped},
                                {"capped_control", capped_control}, {"raised", raised},
                                {"raised_control", raised_control}, {"three", three}};

}  // namespace
}  // namespace osext::test
