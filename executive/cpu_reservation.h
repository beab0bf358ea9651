/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A reservation of CPU time: so much in each period, and no more.  Arithmetic
 * only; who asks for the time and who acts is the policy `reserve`.
 *
 * All reservations get theirs, earliest end of a period first, if their shares
 * add up to no more than the processor, and if none ever wants more than its
 * share from now to the end of its period.  Who slept would: all that it has
 * left in what is left of its period.  So its period then ends later, by as long
 * as it slept at most: it loses nothing by sleeping, and nobody else does (after
 * the constant bandwidth server of Abeni and Buttazzo, 1998).
 */
#ifndef OSEXT_EXECUTIVE_CPU_RESERVATION_H
#define OSEXT_EXECUTIVE_CPU_RESERVATION_H

#include <cstdint>

namespace osext::executive {

class CpuReservation {
 public:
  static constexpr uint64_t kShortest_ns = 100000, kLongest_ns = 60000000000;
  static constexpr uint64_t kWhole_ppm = 1000000;
  // Less is not worth a turn; it is had in the next period.
  static constexpr int64_t kLeast_ns = 20000;

  static bool is_possible(uint64_t target_ns, uint64_t period_ns) {
    return target_ns >= kShortest_ns && target_ns <= period_ns && period_ns <= kLongest_ns;
  }
  // Of the processor, in millionths, rounded up.
  static uint64_t share_ppm(uint64_t target_ns, uint64_t period_ns) {
    const uint64_t period_us = period_ns / 1000;
    return (target_ns / 1000 * kWhole_ppm + period_us - 1) / period_us;
  }

  // A possible one; its first period begins.
  void begin(uint64_t target_ns, uint64_t period_ns, uint64_t now_ns) {
    target_ns_ = target_ns;
    period_ns_ = period_ns;
    left_ns_ = static_cast<int64_t>(target_ns);
    ends_ns_ = now_ns + period_ns;
  }
  void end() { period_ns_ = 0; }
  bool exists() const { return period_ns_ != 0; }

  void charge(uint64_t had_ns) { left_ns_ -= static_cast<int64_t>(had_ns); }

  // Begins the periods that have begun; true if any has.  Time that was left is lost then, time
  // that was had too much is owed, and scraps are kept.
  bool refill(uint64_t now_ns) {
    if (now_ns < ends_ns_) return false;
    const uint64_t periods = (now_ns - ends_ns_) / period_ns_ + 1;
    ends_ns_ += periods * period_ns_;
    const auto target = static_cast<int64_t>(target_ns_);
    const int64_t most = target + (is_spent() && left_ns_ > 0 ? left_ns_ : 0);
    left_ns_ += static_cast<int64_t>(periods) * target;
    if (left_ns_ > most) left_ns_ = most;
    return true;
  }

  // It wants the processor again, and nothing of it did for so long.
  void wake(uint64_t now_ns, uint64_t slept_ns) {
    if (refill(now_ns)) {
      ends_ns_ = now_ns + period_ns_;
      return;
    }
    if (left_ns_ <= 0) return;
    // When the period may end for what is left to be no more than its share.
    const uint64_t fair_ns = now_ns + static_cast<uint64_t>(left_ns_) / 1000 * (period_ns_ / 1000) /
                                          (target_ns_ / 1000) * 1000;
    if (ends_ns_ >= fair_ns) return;
    ends_ns_ = ends_ns_ + slept_ns < fair_ns ? ends_ns_ + slept_ns : fair_ns;
  }

  bool is_spent() const { return left_ns_ < kLeast_ns; }
  int64_t left_ns() const { return left_ns_; }
  int64_t had_ns() const { return static_cast<int64_t>(target_ns_) - left_ns_; }
  uint64_t ends_ns() const { return ends_ns_; }  // of the present period
  uint64_t target_ns() const { return target_ns_; }
  uint64_t period_ns() const { return period_ns_; }

 private:
  uint64_t target_ns_ = 0;
  uint64_t period_ns_ = 0;  // 0: there is none
  uint64_t ends_ns_ = 0;
  int64_t left_ns_ = 0;  // below 0: owed
};

}  // namespace osext::executive

#endif
