/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the executive's own signals come (option delivery=hook|handler).
 *
 * hook      The module diverts their delivery: they are upcalls, or wait for NEXT.
 * handler   The kernel delivers them to a handler below the executive (paper 2.3).
 *           It notifies the executive if it interrupted a guest, and calls it if it
 *           interrupted the executive, which then looks before it runs a guest.
 */
#ifndef OSEXT_EXECUTIVE_DELIVERY_H
#define OSEXT_EXECUTIVE_DELIVERY_H

#include <osext/hijack.h>

#include "executive/guest.h"
#include "executive/options.h"

namespace osext::executive {

// Before ATTACH: which it is, and what the module is told.
void choose_delivery(const Options& options, osext_hijack_attach& attach);
bool by_handler();
// The signals that the executive takes; any other ends it.
void expect_signals();

// NOTIFY came from this guest, which is current.  True if a signal did interrupt
// it: its registers are in its record and in the shared page, as after an upcall,
// the signal in the shared page, and further ones may come.
bool accept_delivery(Guest& guest);

// The next signal that interrupted the executive itself, 0 if there is none.
uint64_t next_own_signal();

}  // namespace osext::executive

#endif
