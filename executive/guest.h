/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guests: their registers wherever the guest is, and moving them between
 * processor, executive and owner.
 */
#ifndef OSEXT_EXECUTIVE_GUEST_H
#define OSEXT_EXECUTIVE_GUEST_H

#include <osext/hijack.h>

#include "executive/frame.h"
#include "executive/queue.h"

namespace osext::executive {

class Policy;

enum class GuestState : uint32_t {
  none,    // no guest with this number
  ready,   // may run
  served,  // its owner makes a system call for it
  held,    // a policy keeps it
};

struct Guest {
  Frame frame;  // first: entry.S pushes it, the stack pointer stands at its end
  // While it is not current; else in the shared page.
  uint64_t ip, flags, sp, ax, cx, r11;
  bool whole;  // rcx and r11 matter: it was interrupted, or a signal handler changed them

  bool turn_over;  // used up its share of the processor
  GuestState state;
  uint32_t id;
  uint32_t pid;                  // of the owner, here
  uint32_t own_pid;              // as the guest sees itself
  uint32_t family;               // one for what joined and all that it forked
  uint32_t minimal_call;         // the system call served in assembly, or NO_SYSTEM_CALL
  int64_t call;                  // the system call that its owner serves or served last
  int64_t result;                // of that; the registers may be a signal handler's by then
  osext_hijack_state* transfer;  // for the way to and from the owner; holds the FPU state
  Guest* next;                   // in a queue
  uint64_t started_ns;           // its present turn
  uint64_t data[8];              // of the policy that keeps it
  uint64_t calls;                // system calls, restarts included
};

// The guest that is loaded, nullptr while the executive is at home.
Guest* current();
unsigned served_guests();
inline Guest* guest_of(Frame* frame) {
  return reinterpret_cast<Guest*>(frame);
}
Guest* find_guest(uint32_t id);  // nullptr if there is none
// Calls action(Guest&) for each living guest.
template <class Action>
void for_each_guest(Action action) {
  for (uint32_t id = 0; id < OSEXT_HIJACK_GUESTS_MAX; ++id)
    if (Guest* guest = find_guest(id)) action(*guest);
}

// ---- Moving guests.  false: it is dying, its GONE event follows.

bool take(uint32_t id, bool arrival);  // from its owner; it is `ready` then
bool activate(Guest& guest);           // makes it current
void leave_current();                  // nobody is current
// To its owner: the system call that its frame holds, a fault, or only signals.
void serve(Guest& guest, int64_t request);
void serve_fault(Guest& guest, uint64_t signal, int64_t code, uint64_t address, uint64_t trap,
                 uint64_t error);
void release(Guest& guest);  // for good
void forget(Guest& guest);

// Its vector registers are those that somebody wrote to its transfer page, not those in the
// processor; `extended` if more than the legacy part.  It is current.
void load_vectors(Guest& guest, bool extended);

// The guest's rax when it runs again.
void set_result(Guest& guest, uint64_t result);
uint64_t result_of(const Guest& guest);
uint64_t ip_of(const Guest& guest);
void set_ip(Guest& guest, uint64_t ip);

}  // namespace osext::executive

#endif
