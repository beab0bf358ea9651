/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who runs: events come in, guests become ready, one is chosen.
 *
 * Guests take turns of one quantum.  A guest whose owner serves a call keeps its
 * turn; and all owners together, who run beside the executive and below its
 * priority, get the processor whenever a call is given to them, and each quantum.
 */
#ifndef OSEXT_EXECUTIVE_SCHEDULE_H
#define OSEXT_EXECUTIVE_SCHEDULE_H

#include "executive/guest.h"
#include "executive/options.h"

namespace osext::executive {

void start_schedule(const Options& options);

// The frame of the guest that runs next, which is current then; waits for one.
Frame* choose_next();

// Events wait, or may: choose_next() looks.  Else it need not, for the module resumes no guest
// while there are any.
void look_for_events();

// The current guest stays ready and takes its place among the others.
void put_back(Guest& guest);

// The guest's owner is to make this system call for it.
void give_to_owner(Guest& guest, int64_t call);

// The signal in the shared page; `interrupted` is the guest that ran, if one did.
void on_signal(Guest* interrupted);

}  // namespace osext::executive

#endif
