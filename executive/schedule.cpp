// SPDX-License-Identifier: GPL-2.0
#include "executive/schedule.h"

#include <asm/signal.h>
#include <asm/unistd.h>

#include "executive/delivery.h"
#include "executive/linux.h"
#include "executive/log.h"
#include "executive/policy.h"
#include "executive/state.h"

extern "C" osext_hijack_shared executive_shared;

namespace osext::executive {
namespace {

constexpr uint64_t kSecond_ns = 1000000000;
constexpr uint64_t kInterrupted = static_cast<uint64_t>(-4);

Queue ready;
bool events_wait = true;    // perhaps
bool servants_due = false;  // the owners' turn
uint64_t quantum_ns;
uint64_t turn_ends_ns = kNever;  // of the guest that runs; kNever: none has begun
uint64_t alarm_ns = kNever;      // what the timer is set to
int64_t timer = -1;
bool touch_aborts = true;  // a guest that touches the executive dies, whatever it handles

void set_alarm(uint64_t at_ns) {
  if (at_ns == alarm_ns) return;
  alarm_ns = at_ns;
  struct {
    int64_t interval_s, interval_ns, value_s, value_ns;
  } when{0, 0, 0, 0};
  if (at_ns != kNever) {
    when.value_s = static_cast<int64_t>(at_ns / kSecond_ns);
    when.value_ns = static_cast<int64_t>(at_ns % kSecond_ns);
    if (at_ns == 0) when.value_ns = 1;  // 0 would disarm it
  }
  constexpr uint64_t absolute = 1;
  system_call(__NR_timer_settime, static_cast<uint64_t>(timer), absolute,
              reinterpret_cast<uint64_t>(&when), 0);
}

uint64_t policies_deadline_ns() {
  uint64_t earliest = kNever;
  for_each_policy([&](Policy& policy) {
    const uint64_t deadline = policy.deadline_ns();
    if (deadline < earliest) earliest = deadline;
  });
  return earliest;
}

uint64_t next_alarm_ns() {
  const uint64_t deadline = policies_deadline_ns();
  return deadline < turn_ends_ns ? deadline : turn_ends_ns;
}

void on_alarm() {
  uint64_t now = now_ns();
  bool asked = false;
  alarm_ns = kNever;
  for_each_policy([&](Policy& policy) {
    if (policy.deadline_ns() > now) return;
    policy.on_time(now);
    asked = true;
  });
  if (asked) now = now_ns();  // a policy may have waited busily, past the end of the turn
  if (now >= turn_ends_ns) {
    if (Guest* guest = current()) guest->turn_over = true;
    for_each_guest([](Guest& guest) {
      if (guest.state == GuestState::served) guest.turn_over = true;
    });
    servants_due = true;
    turn_ends_ns = kNever;
  }
}

bool touches_executive(const Fault& fault) {
  return fault.signal == SIGSEGV && fault.address >= OSEXT_EXECUTIVE_BASE &&
         fault.address - OSEXT_EXECUTIVE_BASE < OSEXT_EXECUTIVE_SIZE;
}

void on_fault(Guest& guest, const Fault& fault) {
  for (unsigned i = 0; i < policy_count; ++i)
    if (policy_chain[i]->on_fault(guest, fault)) return;
  if (touch_aborts && touches_executive(fault)) {
    kill_guest(guest);
    return;
  }
  serve_fault(guest, fault.signal, fault.code, fault.address, fault.trap, fault.error);
}

// A signal waits for the guest at its owner: give it back for that.
void recall(Guest& guest) {
  if (guest.state == GuestState::held) {
    on_peer_gone(guest);
    for_each_policy([&](Policy& policy) { policy.on_recall(guest); });
    if (guest.state == GuestState::held) set_result(guest, kInterrupted);
  }
  ready.remove(guest);
  serve(guest, OSEXT_HIJACK_REQUEST_NONE);
}

void on_served(Guest& guest) {
  if (!take(guest.id, false)) return;  // its owner took it back for a signal
  for_each_policy([&](Policy& policy) { policy.on_served(guest); });
  if (guest.state != GuestState::ready) return;
  if (guest.turn_over)
    ready.push_back(guest);
  else
    ready.push_front(guest);
}

void on_gone(Guest& guest) {
  servants_due = true;  // its owner has yet to close its files and tell its parent
  ready.remove(guest);
  on_peer_gone(guest);
  for_each_policy([&](Policy& policy) { policy.on_gone(guest); });
  forget(guest);
}

void on_event(uint64_t event) {
  const auto id = static_cast<uint32_t>(event >> 8);
  Guest* guest = find_guest(id);
  switch (event & 0xff) {
    case OSEXT_HIJACK_EVENT_SIGNAL:
      if (!by_handler()) return on_signal(nullptr);
      while ((executive_shared.signal_number = next_own_signal()) != 0) on_signal(nullptr);
      return;
    case OSEXT_HIJACK_EVENT_ARRIVED:
      if (guest || !take(id, true)) return;
      ++executive_counters[OSEXT_HIJACK_COUNT_GUESTS];
      guest = find_guest(id);
      ready.push_back(*guest);
      for_each_policy([&](Policy& policy) { policy.on_arrival(*guest); });
      return;
    case OSEXT_HIJACK_EVENT_SERVED:
      if (guest && guest->state == GuestState::served) on_served(*guest);
      return;
    case OSEXT_HIJACK_EVENT_RECALL:
      if (guest && guest->state != GuestState::served) recall(*guest);
      return;
    case OSEXT_HIJACK_EVENT_WOKEN:
      servants_due = true;
      return;
    case OSEXT_HIJACK_EVENT_GONE:
      if (guest) on_gone(*guest);
      return;
  }
}

// The next event; waits as `mode` says.  false: there is none.
bool take_event(uint64_t mode, uint64_t timeout_ns) {
  const int64_t event = system_call(OSEXT_HIJACK_OP_NEXT, mode, timeout_ns);
  if (event <= 0) return false;
  on_event(static_cast<uint64_t>(event));
  return true;
}

bool is_urgent() {
  for (unsigned i = 0; i < policy_count; ++i)
    if (policy_chain[i]->is_urgent()) return true;
  return false;
}

Guest* pick() {
  for (unsigned i = 0; i < policy_count; ++i) {
    Guest* guest = policy_chain[i]->choose();
    if (guest && ready.remove(*guest)) return guest;
  }
  return ready.pop_front();
}

// The timer rings when a policy wants it, or the guest's turn ends and others wait.
void start_turn(Guest& guest) {
  // Also for a guest that is alone: owners must be looked after, whose signals it may not hear.
  if (turn_ends_ns == kNever || guest.turn_over) {
    turn_ends_ns = now_ns() + quantum_ns;
  }
  guest.turn_over = false;
  set_alarm(next_alarm_ns());
}

}  // namespace

uint64_t now_ns() {
  constexpr uint64_t monotonic = 1;
  int64_t time[2];
  system_call(__NR_clock_gettime, monotonic, reinterpret_cast<uint64_t>(time));
  return static_cast<uint64_t>(time[0]) * kSecond_ns + static_cast<uint64_t>(time[1]);
}

const Queue& ready_guests() {
  return ready;
}

void wake(Guest& guest, uint64_t result, bool soon) {
  if (guest.state != GuestState::held) return;
  guest.state = GuestState::ready;
  set_result(guest, result);
  if (soon)
    ready.push_front(guest);
  else
    ready.push_back(guest);
}

void hold(Guest& guest) {
  if (ready.remove(guest)) guest.state = GuestState::held;
}

void kill_guest(Guest& guest) {
  system_call(__NR_kill, guest.pid, SIGKILL);
  ready.remove(guest);
  if (guest.state != GuestState::served) guest.state = GuestState::held;
}

void put_back(Guest& guest) {
  if (guest.turn_over)
    ready.push_back(guest);
  else
    ready.push_front(guest);
}

void give_to_owner(Guest& guest, int64_t call) {
  servants_due = true;
  serve(guest, call);
}

void look_for_events() {
  events_wait = true;
}

void on_signal(Guest* interrupted) {
  const Fault signal{executive_shared.signal_number, executive_shared.signal_code,
                     executive_shared.signal_address, executive_shared.signal_trap,
                     executive_shared.signal_error};
  executive_shared.signal_number = 0;
  if (signal.signal == SIGTERM) {
    for_each_policy([](Policy& policy) { policy.end(); });
    end(0);
  }
  if (signal.signal == SIGALRM)
    on_alarm();
  else if (signal.signal != 0 && interrupted)
    on_fault(*interrupted, signal);
}

void start_schedule(const Options& options) {
  constexpr uint64_t kDefaultQuantum_us = 10000;
  quantum_ns = options.number("quantum_us", kDefaultQuantum_us) * 1000;
  if (quantum_ns == 0) fail("a quantum of 0");
  touch_aborts = !options.is("touch", "signal");
  init_hypercalls(options);
  struct {
    uint64_t value;
    int32_t signal, notify;
    uint64_t unused[6];
  } event{0, SIGALRM, 0 /* SIGEV_SIGNAL */, {}};
  int32_t id = 0;
  constexpr uint64_t monotonic = 1;
  if (system_call(__NR_timer_create, monotonic, reinterpret_cast<uint64_t>(&event),
                  reinterpret_cast<uint64_t>(&id)) != 0)
    fail("no timer");
  timer = id;
}

Frame* choose_next() {
  for (;;) {
    while (events_wait) events_wait = take_event(OSEXT_HIJACK_WAIT_NO, 0);
    if (ready.empty()) {
      set_alarm(next_alarm_ns());
      events_wait = take_event(OSEXT_HIJACK_WAIT_EVENT, 0);
      continue;
    }
    if (servants_due && !is_urgent()) {
      servants_due = false;
      // Until they have nothing to do, for as long as a guest's turn, or until a policy wants it. The
      // end of a turn that runs may come first; they are due again then.
      set_alarm(next_alarm_ns());
      events_wait = take_event(OSEXT_HIJACK_WAIT_SERVANTS, quantum_ns);
      if (events_wait) continue;
    }
    Guest* guest = pick();
    if (!guest) continue;
    guest->state = GuestState::ready;
    start_turn(*guest);
    if (activate(*guest)) return &guest->frame;
    kill_guest(*guest);  // its memory is gone, or will be: GONE follows
  }
}

}  // namespace osext::executive
