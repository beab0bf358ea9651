/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What entry.S and the C++ code share besides the frame: the counters, and which
 * system call is served in assembly.
 */
#ifndef OSEXT_EXECUTIVE_STATE_H
#define OSEXT_EXECUTIVE_STATE_H

/* Offsets in executive_counters, for assembly. */
#define COUNTER_RPCS_MINIMAL 16
#define COUNTER_MARKED_MINIMAL 48
#define COUNTER_DIRECT_MINIMAL 56

/* No system call: entry.S takes this number for a minimal hypercall before it compares. */
#define NO_SYSTEM_CALL 0xffffffff

#ifndef __ASSEMBLER__
#include <osext/hijack.h>

#include <cstdint>

extern "C" {
extern uint64_t executive_counters[OSEXT_HIJACK_COUNTS];  // asked for by OSEXT_HIJACK_STATISTICS
extern uint32_t executive_minimal_call;                   // of Linux, or NO_SYSTEM_CALL
}

static_assert(OSEXT_HIJACK_COUNT_RPCS_MINIMAL * 8 == COUNTER_RPCS_MINIMAL);
static_assert(OSEXT_HIJACK_COUNT_MARKED_MINIMAL * 8 == COUNTER_MARKED_MINIMAL);
static_assert(OSEXT_HIJACK_COUNT_DIRECT_MINIMAL * 8 == COUNTER_DIRECT_MINIMAL);
#endif

#endif
