// SPDX-License-Identifier: GPL-2.0
// Policy `alarm`: for programs that measure how a timer's event interrupts them.
//
//   alarm_us   how long after pause() it interrupts (40)
//
// pause() returns at once.  A little later the guest, which spins, is interrupted by the
// executive's timer and goes on at the address in its rdx, with the time stamp of the event's
// arrival here in rax and that of the timer's expiry in rsi.  One guest, a long quantum, and a
// module with mark_timers.

#include <asm/unistd.h>
#include <osext/marker.h>

#include "executive/policy.h"

extern "C" osext_hijack_shared executive_shared;

namespace osext::executive {
namespace {

class Alarm final : public Policy {
 public:
  void begin(const Options& options) override {
    constexpr uint64_t default_us = 40;
    delay_ns_ = options.number("alarm_us", default_us) * 1000;
  }

  // Its owner makes a call of no consequence, so that the guest's turn begins anew, and with it the
  // timer is set.
  Verdict on_call(Guest& guest) override {
    if (guest.frame.rax != __NR_pause) return {Verdict::next};
    guest.frame.rax = __NR_getpid;
    waiting_ = &guest;
    return {Verdict::serve};
  }
  void on_served(Guest& guest) override {
    if (waiting_ != &guest) return;
    executive_shared.timer_began = 0;
    due_ns_ = now_ns() + delay_ns_;
  }
  void on_gone(Guest& guest) override {
    if (waiting_ != &guest) return;
    waiting_ = nullptr;
    due_ns_ = kNever;
  }

  uint64_t deadline_ns() override { return due_ns_; }

  void on_time(uint64_t now_ns) override {
    if (executive_shared.timer_began == 0) {  // the guest did not run yet
      due_ns_ = now_ns + delay_ns_;
      return;
    }
    OSEXT_MARK(OSEXT_MARK_END);
    uint32_t low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    Guest& guest = *waiting_;
    set_ip(guest, guest.frame.rdx);
    set_result(guest, low | uint64_t{high} << 32);
    guest.frame.rsi = executive_shared.timer_began;
    waiting_ = nullptr;
    due_ns_ = kNever;
  }

 private:
  uint64_t delay_ns_ = 0;
  uint64_t due_ns_ = kNever;
  Guest* waiting_ = nullptr;
};

constinit Alarm alarm;
POLICY("alarm", alarm);

}  // namespace
}  // namespace osext::executive
