// SPDX-License-Identifier: GPL-2.0
// Policies `nanosleep` and `nanosleep_extended`: the executive keeps the time of
// sleeping guests (paper 3.2, figure 6).
//
// nanosleep           A sleep that is over interrupts whatever guest runs, and
//                     the sleeper goes on at once.  The executive learns of it
//                     by its timer, as exactly as the kernel's timers are: to a
//                     clock tick where there is no high resolution.
// nanosleep_extended  The timer is set a clock tick too early, and the executive
//                     waits for the rest busily; so it does for sleeps shorter
//                     than a tick.  No other guest runs meanwhile.
//
// They take nanosleep() and relative clock_nanosleep(); all other ways to sleep
// are the owner's.  A guest that is called away to handle a signal gets EINTR and
// what was left of its sleep.

#include <asm/unistd.h>

#include "executive/guest_memory.h"
#include "executive/linux.h"
#include "executive/log.h"
#include "executive/policy.h"

namespace osext::executive {
namespace {

constexpr uint64_t kSecond_ns = 1000000000;

struct Time {
  int64_t s, ns;
};

struct Sleep {
  uint64_t request, remainder;  // addresses in the guest
};

// What the guest's system call asks for; false: nothing that is dealt with here.
bool sleep_of(const Frame& frame, Sleep& sleep) {
  constexpr uint64_t realtime = 0, monotonic = 1, relative = 0;
  if (frame.rax == __NR_nanosleep) {
    sleep = {frame.rdi, frame.rsi};
    return true;
  }
  if (frame.rax != __NR_clock_nanosleep || frame.rsi != relative) return false;
  if (frame.rdi != realtime && frame.rdi != monotonic) return false;
  sleep = {frame.rdx, frame.r10};
  return true;
}

// The length of a clock tick: how fine the coarse clock is.
uint64_t clock_tick_ns() {
  constexpr uint64_t monotonic_coarse = 6;
  Time tick{};
  if (system_call(__NR_clock_getres, monotonic_coarse, reinterpret_cast<uint64_t>(&tick)) != 0)
    fail("no clock tick");
  return static_cast<uint64_t>(tick.ns);
}

class Nanosleep final : public Policy {
 public:
  constexpr explicit Nanosleep(bool extended) : extended_(extended) {}

  void begin(const Options&) override { early_ns_ = extended_ ? clock_tick_ns() : 0; }

  Verdict on_call(Guest& guest) override {
    constexpr int64_t longest_s = 1000000;  // longer ones are nobody's hurry
    const uint64_t called_ns = now_ns();    // what follows is part of the sleep
    Sleep sleep;
    Time time;
    if (!sleep_of(guest.frame, sleep) ||
        read_guest(sleep.request, &time, sizeof time) != sizeof time || time.s < 0 ||
        time.s > longest_s || time.ns < 0 || time.ns >= static_cast<int64_t>(kSecond_ns))
      return {Verdict::next};  // Linux knows the right error
    Place& place = places_[guest.id];
    place.wakes_ns =
        called_ns + static_cast<uint64_t>(time.s) * kSecond_ns + static_cast<uint64_t>(time.ns);
    place.remainder = sleep.remainder;
    if (place.wakes_ns > now_ns() + early_ns_) return {Verdict::hold};
    wait_busily(place.wakes_ns);
    place.wakes_ns = kNever;
    return {Verdict::answer, 0};
  }

  void on_arrival(Guest& guest) override { places_[guest.id] = {}; }
  void on_gone(Guest& guest) override {
    places_[guest.id] = {};
    if (urgent_ == &guest) urgent_ = nullptr;
  }

  void on_recall(Guest& guest) override {
    Place& place = places_[guest.id];
    if (place.wakes_ns == kNever) return;
    const uint64_t now = now_ns(), left = place.wakes_ns > now ? place.wakes_ns - now : 0;
    const Time time{static_cast<int64_t>(left / kSecond_ns),
                    static_cast<int64_t>(left % kSecond_ns)};
    if (place.remainder) write_guest(guest, place.remainder, &time, sizeof time);
    place.wakes_ns = kNever;
  }

  uint64_t deadline_ns() override {
    const uint64_t first_ns = places_[first()].wakes_ns;
    return first_ns == kNever ? kNever : first_ns > early_ns_ ? first_ns - early_ns_ : 1;
  }

  void on_time(uint64_t) override {
    const uint32_t id = first();
    Place& place = places_[id];
    Guest* guest = find_guest(id);
    if (place.wakes_ns == kNever || !guest) return;
    wait_busily(place.wakes_ns);
    place.wakes_ns = kNever;
    wake(*guest, 0, true);
    urgent_ = guest;
  }

  // Before the guest that was interrupted.
  Guest* choose() override {
    Guest* guest = urgent_;
    urgent_ = nullptr;
    return guest;
  }

 private:
  struct Place {
    uint64_t wakes_ns = kNever;
    uint64_t remainder = 0;
  };

  // Who wakes first; any guest if nobody sleeps.
  uint32_t first() const {
    uint32_t earliest = 0;
    for (uint32_t id = 1; id < OSEXT_HIJACK_GUESTS_MAX; ++id)
      if (places_[id].wakes_ns < places_[earliest].wakes_ns) earliest = id;
    return earliest;
  }

  static void wait_busily(uint64_t until_ns) {
    while (now_ns() < until_ns) {
    }
  }

  const bool extended_;
  uint64_t early_ns_ = 0;
  Guest* urgent_ = nullptr;
  Place places_[OSEXT_HIJACK_GUESTS_MAX] = {};
};

constinit Nanosleep nanosleep{false};
constinit Nanosleep nanosleep_extended{true};
POLICY("nanosleep", nanosleep);
POLICY("nanosleep_extended", nanosleep_extended);

}  // namespace
}  // namespace osext::executive
