/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A policy decides what becomes of guests' calls and who runs next.  Each is a
 * file of its own, policy_*.cpp, with one object that it announces by
 * POLICY(name, object); the command line chooses which of them act, in order.
 *
 * All of them run on the executive's one thread and never wait: a policy that
 * wants a guest to wait holds it and wakes it later.
 */
#ifndef OSEXT_EXECUTIVE_POLICY_H
#define OSEXT_EXECUTIVE_POLICY_H

#include <osext/hijack.h>

#include "executive/guest.h"
#include "executive/options.h"

namespace osext::executive {

// What becomes of a call.
struct Verdict {
  // As wide as a register: a narrower one costs instructions to put beside `value`.
  enum Kind : uint64_t {
    next,    // the next policy decides; after the last the guest's owner serves it
    answer,  // the guest goes on, `value` is its result
    serve,   // the owner serves it, whatever the policies behind say
    hold,    // the guest waits until wake()
    leave,   // the guest's owner goes on natively
  } kind;
  uint64_t value = 0;
};

struct Fault {
  uint64_t signal;
  int64_t code;
  uint64_t address, trap, error;
};

constexpr uint64_t kNever = ~uint64_t{0};

class Policy {
 public:
  // Once, before there are guests.
  virtual void begin(const Options&) {}

  virtual void on_arrival(Guest&) {}
  virtual void on_gone(Guest&) {}

  // A system call; number and arguments stand in the frame (rax; rdi, rsi, rdx,
  // r10, r8, r9) and may be changed.
  virtual Verdict on_call(Guest&) { return {Verdict::next}; }
  // The owner has served guest.call; result_of(guest) may be changed.
  virtual void on_served(Guest&) {}
  // A fault: true if it was dealt with; the guest must then be ready, held or on its way out.
  virtual bool on_fault(Guest&, const Fault&) { return false; }
  // A signal waits for a guest that this policy holds: give it up, or its call ends with EINTR.
  virtual void on_recall(Guest&) {}

  // Who runs next, of the guests in ready_guests(); nullptr: the next policy decides, after the
  // last it is the longest waiting one.
  virtual Guest* choose() { return nullptr; }
  // Whether a guest is ready that shall not wait until owners have done their work.
  virtual bool is_urgent() { return false; }
  // The earliest instant (CLOCK_MONOTONIC) at which on_time() shall be called.
  virtual uint64_t deadline_ns() { return kNever; }
  virtual void on_time(uint64_t now_ns) { (void)now_ns; }
  // The executive ends in good order.
  virtual void end() {}

 protected:
  ~Policy() = default;
};

struct alignas(16) PolicyEntry {  // as executive.lds aligns the list
  const char* name;
  Policy* policy;
};
// Puts the object into the list of all policies, which the linker makes.
#define POLICY(name, object) \
  [[gnu::used, gnu::section(".policies")]] const PolicyEntry policy_##object = {name, &(object)}

// ---- What policies may ask of the core.

uint64_t now_ns();  // CLOCK_MONOTONIC; a system call
const Queue& ready_guests();
// A held guest goes on with this result; `soon`: before those that are ready.
void wake(Guest& guest, uint64_t result, bool soon = false);
// A ready guest waits until wake().
void hold(Guest& guest);
// Ends a guest: its owner gets SIGKILL, and until it is dead the guest is held.
void kill_guest(Guest& guest);

// ---- The chain of the chosen policies, for the core.

void choose_policies(const Options& options);
template <class Action>
void for_each_policy(Action action);

constexpr unsigned kChainMax = 8;
extern Policy* policy_chain[kChainMax + 1];  // ends with a null pointer
extern unsigned policy_count;

inline Verdict ask_policies(Guest& guest) {
  for (Policy** policy = policy_chain; *policy; ++policy)
    if (const Verdict verdict = (*policy)->on_call(guest); verdict.kind != Verdict::next)
      return verdict;
  return {Verdict::serve};
}

template <class Action>
void for_each_policy(Action action) {
  for (unsigned i = 0; i < policy_count; ++i) action(*policy_chain[i]);
}

// Hypercalls (OSEXT_HIJACK_RPC and up): hypercall.cpp.
void init_hypercalls(const Options& options);
Verdict on_hypercall(Guest& guest);
void on_peer_gone(Guest& guest);

// Whether the executive makes this system call itself, being mapped: it takes
// no pointer and cannot sleep for long.
bool is_direct(uint64_t number);

}  // namespace osext::executive

#endif
