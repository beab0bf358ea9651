// SPDX-License-Identifier: GPL-2.0
// Policy `reserve`: guests have reservations of CPU time: so much in each period, exactly, and no
// more.  (The slides' CPU service manager, as a scheduler.)
//
//   reserve=TARGET/PERIOD,...  in ms, of the programs that join, in this order; they cannot change
//   it limit_percent=95           all reservations together are at most so much of the processor
//
// Other programs ask: sched_setattr(0, {SCHED_DEADLINE, runtime, period}), which Linux would answer
// by its own scheduler; EBUSY if there is not so much left.  Any other policy gives it back.  What
// a program forks shares its reservation.
//
// Of the guests that have time left, the one whose period ends first runs, until it has none: the
// timer is set for that instant, and the time is that of the executive's thread, so what the
// processor does for others does not count.  A guest that has spent its time waits for its next
// period, and if all wait, so does the executive, and others have the processor.  Guests without a
// reservation run when no other guest wants to.  What owners do for guests is in no reservation; it
// has to wait for guests with time left.

#include <asm/unistd.h>

#include "executive/cpu_reservations.h"
#include "executive/guest_memory.h"
#include "executive/linux.h"
#include "executive/log.h"
#include "executive/policy.h"
#include "executive/scheduling_attributes.h"

namespace osext::executive {
namespace {

constexpr uint64_t kInvalid = static_cast<uint64_t>(-22), kFault = static_cast<uint64_t>(-14),
                   kBusy = static_cast<uint64_t>(-16), kNotPermitted = static_cast<uint64_t>(-1);
constexpr uint64_t kPercent_ppm = CpuReservation::kWhole_ppm / 100;

// The CPU time of this thread, and so of guests.
uint64_t cpu_ns() {
  constexpr uint64_t thread_time = 3, second_ns = 1000000000;
  int64_t time[2];
  system_call(__NR_clock_gettime, thread_time, reinterpret_cast<uint64_t>(time));
  return static_cast<uint64_t>(time[0]) * second_ns + static_cast<uint64_t>(time[1]);
}

class Reserve final : public Policy {
  void begin(const Options& options) override {
    limit_ppm_ = options.number("limit_percent", 95) * kPercent_ppm;
    if (limit_ppm_ > CpuReservation::kWhole_ppm) fail("limit_percent is above 100");
    unsigned length = 0;
    const char* text = options.find("reserve", length);
    if (text && !all_.parse(text, length, limit_ppm_))
      fail("reserve=TARGET/PERIOD,... in ms is wrong, or above the limit");
    report_ = reinterpret_cast<ReserveReport*>(report_words(kReserveReportWords));
  }

  void on_arrival(Guest& guest) override {
    Place& place = places_[guest.id];
    place = {};
    place.reservation = all_.find(guest.family);
    if (place.reservation == kNone) return;
    FamilyReservation& own = all_[place.reservation];
    if (own.members++ > 0 || report_->of[place.reservation].pid) return;
    const CpuReservation wanted = own.reservation;
    own.reservation.begin(wanted.target_ns(), wanted.period_ns(), now_ns());
    report_->of[place.reservation].pid = guest.pid;
  }

  void on_gone(Guest& guest) override {
    stop();
    set_waiting(guest, false);
    const unsigned place = places_[guest.id].reservation;
    places_[guest.id] = {};
    if (place != kNone && --all_[place].members == 0 && !all_[place].named)
      all_[place].reservation.end();
  }

  Verdict on_call(Guest& guest) override {
    places_[guest.id].called_ns = now_ns();
    const Frame& frame = guest.frame;
    if (frame.rdi != 0 && frame.rdi != guest.own_pid) return {Verdict::next};
    if (frame.rax == __NR_sched_setattr && frame.rdx == 0) return set(guest, frame.rsi);
    if (frame.rax == __NR_sched_getattr && frame.r10 == 0) return get(guest, frame.rsi, frame.rdx);
    return {Verdict::next};
  }

  // Its call is over, in which it may have slept: and with it its family, if nobody else was awake.
  void on_served(Guest& guest) override {
    uint64_t slept_since_ns = places_[guest.id].called_ns;
    const unsigned mine = places_[guest.id].reservation;
    if (mine == kNone || slept_since_ns == 0) return;
    bool awake = false;
    for_each_guest([&](Guest& other) {
      const Place& place = places_[other.id];
      if (&other == &guest || place.reservation != mine) return;
      awake |= other.state == GuestState::ready || place.waits;
      if (place.called_ns > slept_since_ns) slept_since_ns = place.called_ns;
    });
    if (awake) return;
    const uint64_t now = now_ns();
    all_[mine].reservation.wake(now, now - slept_since_ns);
  }

  // A signal for a guest that waits for its next period is no interrupted call.
  void on_recall(Guest& guest) override {
    Place& place = places_[guest.id];
    place.called_ns = 0;
    if (!place.waits) return;
    set_waiting(guest, false);
    guest.state = GuestState::ready;
  }

  bool is_urgent() override {
    for (Guest* guest = ready_guests().front(); guest; guest = guest->next) {
      const unsigned place = places_[guest->id].reservation;
      if (place != kNone && !all_[place].reservation.is_spent()) return true;
    }
    return false;
  }

  Guest* choose() override {
    stop();
    const uint64_t now = now_ns();
    refill(now);
    Guest* first = nullptr;
    for (Guest *guest = ready_guests().front(), *next; guest; guest = next) {
      next = guest->next;
      if (places_[guest->id].reservation == kNone) continue;
      const CpuReservation& own = reservation_of(*guest);
      if (own.is_spent()) {
        set_waiting(*guest, true);
        ++report_->held;
        hold(*guest);
      } else if (!first || own.ends_ns() < reservation_of(*first).ends_ns()) {
        first = guest;
      }
    }
    if (first) start(*first, now);
    return first;
  }

  uint64_t deadline_ns() override {
    uint64_t earliest = turn_ends_ns_;
    for (unsigned place = 0; place < kCpuReservations; ++place) {
      const FamilyReservation& one = all_[place];
      if (one.waiting == 0) continue;
      if (!one.reservation.is_spent()) return 0;
      if (one.reservation.ends_ns() < earliest) earliest = one.reservation.ends_ns();
    }
    return earliest;
  }

  // A guest has spent its time, or somebody's next period begins.
  void on_time(uint64_t now) override {
    stop();
    refill(now);
    for_each_guest([&](Guest& guest) {
      if (places_[guest.id].waits && !reservation_of(guest).is_spent()) resume(guest);
    });
  }

 private:
  static constexpr unsigned kNone = CpuReservations::kNone;

  struct Place {
    unsigned reservation = kNone;
    bool waits = false;      // for its next period
    uint64_t called_ns = 0;  // when its present call came; 0: it has made none since it ran
  };

  CpuReservation& reservation_of(const Guest& guest) {
    return all_[places_[guest.id].reservation].reservation;
  }

  void start(Guest& guest, uint64_t now) {
    const CpuReservation& own = reservation_of(guest);
    Place& place = places_[guest.id];
    place.called_ns = 0;
    const uint64_t spent_ns = now + static_cast<uint64_t>(own.left_ns());
    turn_ends_ns_ = spent_ns < own.ends_ns() ? spent_ns : own.ends_ns();
    running_ = place.reservation;
    since_ns_ = cpu_ns();
    ++report_->turns;
    const int64_t offset_ns = had_ns_[running_] - static_cast<int64_t>(since_ns_);
    report_->of[running_].time = static_cast<uint64_t>(offset_ns) << 1 | 1;
  }

  // Who had the processor, if it was somebody with a reservation, had it until now.
  void stop() {
    if (running_ == kNone) return;
    const uint64_t had_ns = cpu_ns() - since_ns_;
    all_[running_].reservation.charge(had_ns);
    had_ns_[running_] += static_cast<int64_t>(had_ns);
    report_->of[running_].time = static_cast<uint64_t>(had_ns_[running_]) << 1;
    running_ = kNone;
    turn_ends_ns_ = kNever;
  }

  void refill(uint64_t now) {
    for (unsigned place = 0; place < kCpuReservations; ++place)
      if (all_[place].reservation.exists()) all_[place].reservation.refill(now);
  }

  void set_waiting(Guest& guest, bool waits) {
    Place& place = places_[guest.id];
    if (place.waits == waits) return;
    place.waits = waits;
    all_[place.reservation].waiting += waits ? 1 : -1;
  }

  void resume(Guest& guest) {
    set_waiting(guest, false);
    ++report_->resumed;
    wake(guest, result_of(guest));  // as it was interrupted
  }

  Verdict set(Guest& guest, uint64_t from) {
    SchedulingAttributes wanted;
    if (read_guest(from, &wanted, sizeof wanted) != sizeof wanted) return {Verdict::answer, kFault};
    const unsigned place = places_[guest.id].reservation;
    if (place != kNone && all_[place].named) return {Verdict::answer, kNotPermitted};
    if (wanted.policy == kSchedDeadline) return reserve(guest, wanted);
    if (place == kNone) return {Verdict::next};
    give_back(place);
    return {Verdict::answer, 0};
  }

  Verdict reserve(Guest& guest, const SchedulingAttributes& wanted) {
    const uint64_t period_ns = wanted.period_ns ? wanted.period_ns : wanted.deadline_ns;
    if (wanted.size < sizeof wanted || !CpuReservation::is_possible(wanted.runtime_ns, period_ns))
      return {Verdict::answer, kInvalid};
    const uint64_t now = now_ns();
    unsigned place = places_[guest.id].reservation;
    const bool is_new = place == kNone;
    if (is_new) place = all_.add(guest.family);
    if (!is_new) stop();
    if (place == kNone || !all_.set(place, wanted.runtime_ns, period_ns, limit_ppm_, now)) {
      if (!is_new) start(guest, now);
      return {Verdict::answer, kBusy};
    }
    if (is_new) give(place, guest);
    // It goes on when it is chosen, which is when its time begins to count.
    set_result(guest, 0);
    set_waiting(guest, true);
    return {Verdict::hold};
  }

  // To all of the guest's family.
  void give(unsigned place, const Guest& to) {
    had_ns_[place] = 0;
    report_->of[place] = {to.pid, 0};
    for_each_guest([&](Guest& guest) {
      if (guest.family != to.family) return;
      places_[guest.id].reservation = place;
      ++all_[place].members;
    });
  }

  void give_back(unsigned place) {
    stop();
    for_each_guest([&](Guest& guest) {
      if (places_[guest.id].reservation != place) return;
      if (places_[guest.id].waits) resume(guest);
      places_[guest.id].reservation = kNone;
    });
    all_[place].reservation.end();
  }

  Verdict get(Guest& guest, uint64_t to, uint64_t bytes) {
    const unsigned place = places_[guest.id].reservation;
    if (place == kNone) return {Verdict::next};
    const CpuReservation& own = all_[place].reservation;
    const SchedulingAttributes is{sizeof is,       kSchedDeadline, 0, 0, 0, own.target_ns(),
                                  own.period_ns(), own.period_ns()};
    if (bytes < sizeof is) return {Verdict::answer, kInvalid};
    return {Verdict::answer, write_guest(to, &is, sizeof is) == sizeof is ? 0 : kFault};
  }

  CpuReservations all_;
  Place places_[OSEXT_HIJACK_GUESTS_MAX];
  int64_t had_ns_[kCpuReservations] = {};
  ReserveReport* report_ = nullptr;
  uint64_t limit_ppm_ = 0;
  unsigned running_ = kNone;  // whose guest runs
  uint64_t since_ns_ = 0;     // of the thread's CPU time
  uint64_t turn_ends_ns_ = kNever;
};

constinit Reserve reserve;
POLICY("reserve", reserve);

}  // namespace
}  // namespace osext::executive
