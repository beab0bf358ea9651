/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Markers: the one instruction by which measured code speaks to the counting
 * plugin.  A marker is an 8-byte long NOP, so it is harmless in every ring and
 * on real hardware, touches no memory and no flags, and costs exactly one
 * instruction.  Its displacement carries an operation and the tag "OSX".
 *
 * Usable from C, C++ and assembly, in user mode, in the executive and in the
 * kernel.  Context: any.
 */
#ifndef OSEXT_MARKER_H
#define OSEXT_MARKER_H

#define OSEXT_MARK_BEGIN 0	/* an operation begins: counters are recorded */
#define OSEXT_MARK_END 1	/* it ends: counters are recorded */
#define OSEXT_MARK_SERIES 2	/* a new series of operations begins: recorded */
#define OSEXT_MARK_WATCH 3	/* start modelling (TLBs, memory accesses); not recorded */
#define OSEXT_MARK_UNWATCH 4	/* stop modelling; not recorded */
#define OSEXT_MARK_OPERATIONS 5	/* number of operations above */

/* The bytes of a marker, as the plugin matches them: 0f 1f 84 00 OP 'O' 'S' 'X'. */
#define OSEXT_MARK_TAG0 0x4f
#define OSEXT_MARK_TAG1 0x53
#define OSEXT_MARK_TAG2 0x58

#ifdef __ASSEMBLER__
#define OSEXT_MARK(op) .byte 0x0f, 0x1f, 0x84, 0x00, (op), 0x4f, 0x53, 0x58
#else
/* op must be a compile-time constant; the memory clobber keeps the measured
 * code between its markers. */
#define OSEXT_MARK(op)                                                         \
	__asm__ __volatile__(".byte 0x0f, 0x1f, 0x84, 0x00, %c0, 0x4f, 0x53, " \
			     "0x58" ::"i"(op)                                  \
			     : "memory")
#endif

#endif
