// SPDX-License-Identifier: GPL-2.0
// Policy `events`: the executive receives a periodic event and reports when
// (paper 3.2, figure 5).
//
//   events_period_us   how often it is due (10000)
//   events_guests      how many guests there are while it counts (0)
//   events_count       how many it reports (100); then the executive ends
//
// What counts are guests that only compute: each system call of one begins the
// count anew.  So nothing of their start is in the report.

#include "executive/log.h"
#include "executive/policy.h"

namespace osext::executive {
namespace {

class Events final : public Policy {
 public:
  void begin(const Options& options) override {
    constexpr uint64_t default_period_us = 10000, default_count = 100;
    period_ns_ = options.number("events_period_us", default_period_us) * 1000;
    wanted_ = options.number("events_count", default_count);
    guests_wanted_ = options.number("events_guests", 0);
    if (period_ns_ == 0 || wanted_ == 0 || wanted_ > kMost) fail("impossible events");
    due_ns_ = now_ns() + period_ns_;
  }

  void on_arrival(Guest&) override { ++guests_; }
  void on_gone(Guest&) override {
    --guests_;
    count_ = 0;
  }
  Verdict on_call(Guest&) override {
    count_ = 0;
    return {Verdict::next};
  }
  void on_served(Guest&) override { count_ = 0; }

  uint64_t deadline_ns() override { return due_ns_; }

  void on_time(uint64_t now_ns) override {
    // The period is the timer's, not ours: events that were missed stay missed.
    while (due_ns_ <= now_ns) due_ns_ += period_ns_;
    if (guests_ != guests_wanted_) return;
    times_ns_[count_++] = now_ns;
    if (count_ < wanted_) return;
    for (uint64_t i = 0; i < count_; ++i) report(times_ns_[i]);
    executive::end(0);
  }

 private:
  static constexpr uint64_t kMost = 1000;

  uint64_t period_ns_ = 0, wanted_ = 0, guests_wanted_ = 0;
  uint64_t due_ns_ = kNever;
  uint64_t guests_ = 0;
  uint64_t count_ = 0;
  uint64_t times_ns_[kMost] = {};
};

constinit Events events;
POLICY("events", events);

}  // namespace
}  // namespace osext::executive
