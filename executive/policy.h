/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A policy decides what becomes of a guest's call.  It reads the arguments from
 * the frame, may act, and answers in one of four ways; the core does the rest.
 */
#ifndef OSEXT_EXECUTIVE_POLICY_H
#define OSEXT_EXECUTIVE_POLICY_H

#include <osext/hijack.h>

#include "executive/frame.h"

namespace osext::executive {

// How the executive leaves: the operation, and what goes with it.
struct Answer {
  uint64_t operation;
  uint64_t value;  // the guest's rax after RESUME; the number of its call otherwise
};

inline Answer resume(uint64_t result) {
  return {OSEXT_HIJACK_OP_RESUME, result};
}
// Linux serves the call, in the guest's context, with the executive out of sight.
inline Answer forward(uint64_t number) {
  return {OSEXT_HIJACK_OP_FORWARD, number};
}
// The guest's own task goes on natively, after the call or by repeating it.
inline Answer leave(uint64_t number) {
  return {OSEXT_HIJACK_OP_LEAVE, number};
}
inline Answer hand_over(uint64_t number) {
  return {OSEXT_HIJACK_OP_HANDOVER, number};
}

// System calls (numbers of Linux): policy_pass.cpp.
Answer on_system_call(Frame& frame);
// Hypercalls (OSEXT_HIJACK_RPC and up): policy_rpc.cpp.
Answer on_hypercall(Frame& frame);

// Whether the executive makes this system call itself, being mapped: it takes no pointer.
bool is_direct(uint64_t number);

}  // namespace osext::executive

#endif
