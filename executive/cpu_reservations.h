/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who has which reservation: what policy_reserve.cpp keeps, and what of it the
 * host may look at.
 *
 * A reservation belongs to a family: a program that joined, and all that it
 * forks.  So nobody gets more by forking.
 */
#ifndef OSEXT_EXECUTIVE_CPU_RESERVATIONS_H
#define OSEXT_EXECUTIVE_CPU_RESERVATIONS_H

#include "executive/cpu_reservation.h"
#include "executive/decimal.h"

namespace osext::executive {

constexpr unsigned kCpuReservations = 16;

/*
 * The host's view, at the beginning of the executive's report.  Each word is
 * written as a whole.  `time` is twice the CPU time in ns that the reservation
 * has had; or, while one of its guests runs, 1 more than twice what has to be
 * added to the CPU time of the executive's thread for it.
 */
struct ReserveReport {
  uint64_t turns;    // how often a guest with a reservation was chosen to run
  uint64_t held;     // guests that had spent theirs and had to wait
  uint64_t resumed;  // ... and went on in the next period
  struct {
    uint64_t pid;  // of the family's first guest; 0: there is none
    uint64_t time;
  } of[kCpuReservations];
};
constexpr unsigned kReserveReportWords = sizeof(ReserveReport) / sizeof(uint64_t);

constexpr int64_t reserved_time_ns(uint64_t time, int64_t executive_ns) {
  return (static_cast<int64_t>(time) >> 1) + (time & 1 ? executive_ns : 0);
}

struct FamilyReservation {
  CpuReservation reservation;
  uint32_t family;
  bool named;        // by the command line: the family cannot change it
  unsigned members;  // alive
  unsigned waiting;  // of them, for the next period
};

class CpuReservations {
 public:
  static constexpr unsigned kNone = kCpuReservations;

  // TARGET/PERIOD,... in ms, of the families in the order in which they join; false if it is
  // anything else, too much or too long.
  bool parse(const char* text, unsigned length, uint64_t limit_ppm) {
    for (unsigned at = 0; at < length;) {
      uint64_t target_ms = 0, period_ms = 0;
      if (named_ == kCpuReservations || !read_decimal(text, length, at, target_ms) ||
          at == length || text[at++] != '/' || !read_decimal(text, length, at, period_ms) ||
          (at < length && (text[at++] != ',' || at == length)) ||
          !set(named_, target_ms * kMillisecond_ns, period_ms * kMillisecond_ns, limit_ppm, 0))
        return false;
      all_[named_] = {all_[named_].reservation, named_, true, 0, 0};
      ++named_;
    }
    return named_ > 0;
  }

  // The family's, or kNone.
  unsigned find(uint32_t family) const {
    for (unsigned i = 0; i < kCpuReservations; ++i)
      if (all_[i].reservation.exists() && all_[i].family == family) return i;
    return kNone;
  }

  // A place for another family; kNone if there is none left.
  unsigned add(uint32_t family) {
    for (unsigned i = 0; i < kCpuReservations; ++i) {
      if (all_[i].reservation.exists()) continue;
      all_[i] = {{}, family, false, 0, 0};
      return i;
    }
    return kNone;
  }

  // From now on so much; false, and nothing changes, if all together would be above the limit.
  bool set(unsigned place, uint64_t target_ns, uint64_t period_ns, uint64_t limit_ppm,
           uint64_t now_ns) {
    if (!CpuReservation::is_possible(target_ns, period_ns)) return false;
    uint64_t sum_ppm = CpuReservation::share_ppm(target_ns, period_ns);
    for (unsigned i = 0; i < kCpuReservations; ++i) {
      const CpuReservation& other = all_[i].reservation;
      if (i != place && other.exists())
        sum_ppm += CpuReservation::share_ppm(other.target_ns(), other.period_ns());
    }
    if (sum_ppm > limit_ppm) return false;
    CpuReservation& reservation = all_[place].reservation;
    const int64_t had_ns = reservation.exists() ? reservation.had_ns() : 0;
    reservation.begin(target_ns, period_ns, now_ns);
    // Who asks again has not had less for it.
    if (had_ns > 0) reservation.charge(static_cast<uint64_t>(had_ns));
    return true;
  }

  FamilyReservation& operator[](unsigned place) { return all_[place]; }

 private:
  static constexpr uint64_t kMillisecond_ns = 1000000;

  FamilyReservation all_[kCpuReservations] = {};
  unsigned named_ = 0;
};

}  // namespace osext::executive

#endif
