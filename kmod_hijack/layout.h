/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What entry.S and the C files share: offsets in the private page, states and
 * the module's own operation numbers.
 *
 * The private page (kernel only) and the shared page (the first of the
 * executive's region) are mapped side by side, so the stub reaches both from
 * one register.
 */
#ifndef OSEXT_KMOD_HIJACK_LAYOUT_H
#define OSEXT_KMOD_HIJACK_LAYOUT_H

#define PRIVATE_STATE 0
#define PRIVATE_SLOW 4
#define PRIVATE_SLOT 8
#define PRIVATE_SLOT_VALUE 16
#define PRIVATE_ENTRY 24
#define PRIVATE_STACK 32
#define PRIVATE_LIMIT 40
#define PRIVATE_AX 48
#define PRIVATE_OPERATION 56
#define PRIVATE_FAST_TRAPS 64
#define PRIVATE_FAST_RESUMES 72
#define PRIVATE_DX 80
#define PRIVATE_FLUSH_END 88
#define PRIVATE_UPCALL 96
#define PRIVATE_FAST_FAULTS 104
#define PRIVATE_ALTERNATE_AT 112
#define PRIVATE_ALTERNATE_GUEST 120
#define PRIVATE_ALTERNATE_EXECUTIVE 128
#define PRIVATE_SHARED 4096	/* the shared page follows */

/* Who runs on the executive's thread when it is in user mode. */
#define STATE_HOME 0		/* the executive, in its own address space */
#define STATE_GUEST 1		/* the guest, the executive not mapped */
#define STATE_EXECUTIVE 2	/* the executive, mapped into the guest's address space */
#define STATE_CALL 3		/* nobody: the executive has the kernel make a call there, itself out of sight */

#define STATE_SLOW 0x100	/* beside STATE_GUEST: its calls take the slow path */
#define STATE_HANDLER 0x200	/* beside STATE_GUEST: signals come by handler, so who enters changes the alternate stack */

/* Reasons to leave the stub's fast path. */
#define SLOW_ALWAYS 1		/* module parameter test_leave_hooked; then guests run in STATE_GUEST | STATE_SLOW */
#define SLOW_NOTICE 2		/* events or signals wait for the executive */
#define SLOW_BY_PAGE 4		/* module parameter flush=invlpg; alone it only takes the stub's other way back */
#define SLOW_HANDLER 8		/* signals come by handler; alone likewise */

/* Operations that the stub itself asks for; the executive's are in osext/hijack.h. */
#define OPERATION_NONE 0
#define OPERATION_TRAP 1	/* a guest's system call by the slow path */
#define OPERATION_FORBIDDEN 2	/* a 32-bit system call of a guest */
#define OPERATION_LOCKED 3	/* a guest forbade itself, and so the executive, all ordinary memory (PKRU) */
#define OPERATION_INT80 4	/* int 0x80 of 64-bit code (trace.c; the stub needs none) */

/*
 * The stub cannot call a module function through the kernel's entry, so it
 * asks for this rarely used system call, which the module intercepts for the
 * executive's thread.
 */
#define CARRIER_SYSCALL 153	/* vhangup */

/* EXECUTIVE_FLAGS: interrupts on, everything else clear. */
#define EXECUTIVE_FLAGS 0x202
/* Flags a guest may bring back: CF PF AF ZF SF DF OF NT AC ID. */
#define GUEST_FLAGS 0x244cd5
/* Flags that SYSRET cannot restore: TF, RF. */
#define IRET_FLAGS 0x10100
/* The executive's place is one entry of the top-level table: the address bits above it, and their value. */
#define EXECUTIVE_SHIFT 39
#define EXECUTIVE_PLACE 0x40

/* What a guest's touch of the executive is: signal and code, as in asm/signal.h, which assembly cannot include. */
#define TOUCH_SIGNAL 11		/* SIGSEGV */
#define TOUCH_CODE 2		/* SEGV_ACCERR */

/* In PKRU: no access, no writes, by key 0, which all ordinary memory has. */
#define PKRU_KEY0 3

#endif
