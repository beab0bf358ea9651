/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Hijack: what the kernel module, the executive, guests and the host library
 * agree on.
 *
 * Four parties speak through this header:
 *   guest      a process whose system calls go to the executive; those numbered
 *              OSEXT_HIJACK_RPC and up are hypercalls, unknown to Linux
 *   owner      the guest's own kernel task, parked in the module while the
 *              executive runs the guest; it serves what only it can: system calls
 *              on the guest's files, signals, fork, exec, exit
 *   executive  one thread at OSEXT_EXECUTIVE_BASE that runs all guests; leaves by
 *              the operations OSEXT_HIJACK_OP_*, which are system-call numbers too
 *   host       sets things up by ioctl() on OSEXT_HIJACK_DEVICE
 *
 * The numbers of hypercalls and operations stay clear of Linux's own (below
 * 0x400) and of the x32 bit.
 */
#ifndef OSEXT_HIJACK_H
#define OSEXT_HIJACK_H

#define OSEXT_HIJACK_DEVICE "/dev/osext_hijack"

/*
 * Hypercalls: guest -> executive.  Number in rax, argument in rdi, result in
 * rax; like a system call they clobber rcx and r11 only.  The numbers from
 * OSEXT_HIJACK_MINIMAL on, and the system call that INTERPOSE_MINIMAL names, are
 * served in assembly, on the registers they need; the others after all registers
 * and fs/gs are saved, by the C++ handler.
 */
#define OSEXT_HIJACK_RPC 0x4f00		/* counts, returns osext_hijack_rpc_result(argument) */
#define OSEXT_HIJACK_TRAP 0x4f01	/* the handler executes an END marker, returns the time stamp after it */
#define OSEXT_HIJACK_RETURN 0x4f02	/* the handler ends with a BEGIN marker, returns the time stamp before it */
#define OSEXT_HIJACK_LEAVE 0x4f03	/* the owner continues natively; returns 0 there */
#define OSEXT_HIJACK_STATISTICS 0x4f04	/* argument: enum osext_hijack_statistic; that counter */
#define OSEXT_HIJACK_INTERPOSE_MINIMAL 0x4f05	/* argument: the Linux call that assembly serves from now on, until the guest leaves; ~0: none */
#define OSEXT_HIJACK_PEER_CALL 0x4f06	/* argument to the serving peer, returns its answer; -ENOTCONN without one */
#define OSEXT_HIJACK_PEER_SERVE 0x4f07	/* answers the last call with the argument, returns the next one's */
#define OSEXT_HIJACK_RPC_PAGES 0x4f08	/* as RPC, and reads a word of each of the executive's first pages: as many as the argument says */
#define OSEXT_HIJACK_RPC_PAGES_MAX 64
#define OSEXT_HIJACK_MINIMAL 0x4f80	/* first of the minimal numbers */
#define OSEXT_HIJACK_RPC_MINIMAL 0x4f80	/* counts, returns the argument plus one */
#define OSEXT_HIJACK_TRAP_MINIMAL 0x4f81
#define OSEXT_HIJACK_RETURN_MINIMAL 0x4f82

/*
 * Operations: executive -> module.  Arguments as in system calls (rdi, rsi,
 * rdx, r10), result in rax, negative errno on error.
 *
 * RESUME and RESUME_ALL are issued with the current guest's general registers
 * live in the processor; ip, flags, sp and ax stand in the shared page, for
 * RESUME_ALL cx and r11 too.  They return to the executive only with an error:
 * -EAGAIN says that events wait (NEXT), and the registers are still the guest's.
 *
 * "State" below is a struct osext_hijack_state in the executive's region.
 */
#define OSEXT_HIJACK_OP_FIRST 0x5000
#define OSEXT_HIJACK_OP_RESUME 0x5000	/* continue the current guest after its system call */
#define OSEXT_HIJACK_OP_RESUME_ALL 0x5001	/* continue the current guest anywhere */
#define OSEXT_HIJACK_OP_NEXT 0x5002	/* (OSEXT_HIJACK_WAIT_*, timeout in ns, 0 = none): an event, 0 = none; may sleep */
#define OSEXT_HIJACK_OP_SWITCH 0x5003	/* (guest, stack): make it current, entries find that stack; (HOME): leave the current one */
#define OSEXT_HIJACK_OP_TAKE 0x5004	/* (guest, state): take the guest from its owner */
#define OSEXT_HIJACK_OP_SERVE 0x5005	/* (guest, state): give it to its owner, which serves state->request; an event tells when it is back */
#define OSEXT_HIJACK_OP_LEAVE 0x5006	/* (guest, state): give it to its owner for good */
#define OSEXT_HIJACK_OP_CALL 0x5007	/* (struct osext_hijack_call): make a system call in the current guest's memory, executive out of sight */
#define OSEXT_HIJACK_OP_NOTIFY 0x5008	/* by OSEXT_HIJACK_HANDLER alone, see there; 0: the executive itself was interrupted */
#define OSEXT_HIJACK_OP_LAST 0x5008

#define OSEXT_HIJACK_HOME 0xffffffff	/* SWITCH: no guest */

/* NEXT: when to return without an event. */
#define OSEXT_HIJACK_WAIT_NO 0		/* at once */
#define OSEXT_HIJACK_WAIT_EVENT 1	/* never (but after the timeout) */
#define OSEXT_HIJACK_WAIT_SERVANTS 2	/* as soon as no owner has work that waits for this CPU */

/* An event: kind in the low byte, the guest above. */
#define OSEXT_HIJACK_EVENT_NONE 0
#define OSEXT_HIJACK_EVENT_SIGNAL 1	/* of the executive: signal_* in the shared page */
#define OSEXT_HIJACK_EVENT_ARRIVED 2	/* a new guest can be taken */
#define OSEXT_HIJACK_EVENT_SERVED 3	/* a guest can be taken again */
#define OSEXT_HIJACK_EVENT_RECALL 4	/* its owner has a signal for it: SERVE it soon */
#define OSEXT_HIJACK_EVENT_GONE 5	/* its owner died; the number is free again */
#define OSEXT_HIJACK_EVENT_WOKEN 6	/* no guest's: what an owner slept for has come, and it waits for the processor */

#define OSEXT_HIJACK_GUESTS_MAX 128

/* Offsets in the shared page, the first of the executive's region; used by assembly. */
#define OSEXT_HIJACK_SHARED_IP 0
#define OSEXT_HIJACK_SHARED_FLAGS 8
#define OSEXT_HIJACK_SHARED_SP 16
#define OSEXT_HIJACK_SHARED_AX 24
#define OSEXT_HIJACK_SHARED_CX 32
#define OSEXT_HIJACK_SHARED_R11 40
#define OSEXT_HIJACK_SHARED_SIGNAL_NUMBER 48
#define OSEXT_HIJACK_SHARED_SIGNAL_CODE 56
#define OSEXT_HIJACK_SHARED_SIGNAL_ADDRESS 64
#define OSEXT_HIJACK_SHARED_SIGNAL_TRAP 72
#define OSEXT_HIJACK_SHARED_SIGNAL_ERROR 80
#define OSEXT_HIJACK_SHARED_HANDLER 88

/* The executive's region starts with the shared page; the image follows it. */
#define OSEXT_HIJACK_SHARED_BYTES 4096
#define OSEXT_HIJACK_REGION_MAX_BYTES (4UL << 20)

/*
 * Delivery by handler (OSEXT_HIJACK_BY_HANDLER; paper 2.3 and figure 3).  The
 * kernel delivers the executive's signals as it always does: to a function of the
 * module's at OSEXT_HIJACK_HANDLER, which every guest and the executive's home map
 * and nobody can change, on the stack OSEXT_HIJACK_ALTERNATE of the guest that runs,
 * or on the executive's own signal stack.  The function makes the call NOTIFY.  Made
 * by a guest, that is a trap like any other: the executive gets it in rax, the
 * handler's arguments in rdi, rsi, rdx.  Made while the executive runs it is an
 * operation, which returns 0 after the next RESUME was made to refuse and NEXT to
 * answer EVENT_SIGNAL; then the function jumps to `handler` in the shared page.
 */
#define OSEXT_HIJACK_HANDLER_BELOW 0x2000	/* so far below the executive's base, and as long */
#define OSEXT_HIJACK_SIGNAL_STACK_BYTES 8192	/* of each of these stacks; the guests' is above the executive's slot */
#define OSEXT_HIJACK_SIGNAL_EVENT 29	/* SIGIO: the module sends it to a thread that runs a guest when there is an event */

/* Requests of a state: a system call's number, or one of these. */
#define OSEXT_HIJACK_REQUEST_NONE (-1)	/* only let its signals be delivered */
#define OSEXT_HIJACK_REQUEST_FAULT (-2)	/* deliver the fault in fault_* first */

#ifndef __ASSEMBLER__
#include <linux/ioctl.h>
#include <linux/types.h>

#include <osext/counters.h>	/* OSEXT_EXECUTIVE_BASE, OSEXT_EXECUTIVE_SIZE */

#define OSEXT_HIJACK_HANDLER (OSEXT_EXECUTIVE_BASE - OSEXT_HIJACK_HANDLER_BELOW)
#define OSEXT_HIJACK_ALTERNATE (OSEXT_EXECUTIVE_BASE + OSEXT_EXECUTIVE_SIZE)

/* Written by the module on the way in, by the executive before it leaves. */
struct osext_hijack_shared {
	__u64 ip;
	__u64 flags;
	__u64 sp;
	__u64 ax;
	__u64 cx;
	__u64 r11;
	/* The last signal (upcall, or EVENT_SIGNAL); number 0: an upcall for events only. */
	__u64 signal_number;
	__s64 signal_code;
	__u64 signal_address;	/* of a fault */
	__u64 signal_trap;	/* processor's vector and error code, of a fault */
	__u64 signal_error;
	__u64 handler;	/* the executive's, for signals that interrupt itself (BY_HANDLER) */
	__u64 timer_began;	/* time stamp of its timer's last expiry while a guest ran (module parameter mark_timers) */
};

/* All of a guest that moves between owner and executive; one page. */
struct osext_hijack_state {
	/* General registers, in the order of the kernel's struct pt_regs. */
	__u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	__s64 request;		/* SERVE: what the owner is to do; TAKE: the call that was served */
	__u64 ip, cs, flags, sp, ss;	/* cs and ss are ignored */
	__u64 fs_base, gs_base;
	__u32 pid, own_pid;	/* TAKE: the owner, as the executive and as it itself sees it */
	__u64 fault_number, fault_code, fault_address, fault_trap, fault_error;
	__s64 result;		/* TAKE: of the call, before signal handlers changed the registers */
	__u32 family;		/* TAKE: the same for what joined and all that it forked; counts up with each join */
	__u32 unused;
	__u64 reserved;
	__u8 fpu[3840];		/* XSAVE area, standard format */
};

/* A system call that the executive makes for its current guest. */
struct osext_hijack_call {
	__u64 number;
	__u64 arguments[6];
};

/* Counters of the executive (OSEXT_HIJACK_STATISTICS). */
enum osext_hijack_statistic {
	OSEXT_HIJACK_COUNT_TRAPS,	/* full entries */
	OSEXT_HIJACK_COUNT_RPCS,	/* of them, RPC */
	OSEXT_HIJACK_COUNT_RPCS_MINIMAL,
	OSEXT_HIJACK_COUNT_DIRECT,	/* system calls made by the executive itself */
	OSEXT_HIJACK_COUNT_SERVED,	/* system calls given to the guest's owner */
	OSEXT_HIJACK_COUNT_MARKED,	/* TRAP and RETURN */
	OSEXT_HIJACK_COUNT_MARKED_MINIMAL,	/* TRAP_MINIMAL and RETURN_MINIMAL */
	OSEXT_HIJACK_COUNT_DIRECT_MINIMAL,	/* system calls made by the assembly of the executive */
	OSEXT_HIJACK_COUNT_PEER_CALLS,	/* answered */
	OSEXT_HIJACK_COUNT_UPCALLS,	/* guests interrupted by an event */
	OSEXT_HIJACK_COUNT_GUESTS,	/* that ever arrived */
	OSEXT_HIJACK_COUNT_DELIVERED,	/* of the upcalls, those that the handler brought */
	OSEXT_HIJACK_COUNT_FORGED,	/* NOTIFY without a signal */
	OSEXT_HIJACK_COUNT_OWN_SIGNALS,	/* that interrupted the executive itself, by handler */
	OSEXT_HIJACK_COUNTS
};

/* What RPC answers: any function of the argument that a stub could not guess. */
static inline __u64 osext_hijack_rpc_result(__u64 argument)
{
	return argument * 3 + 1;
}

/* ATTACH: the calling thread becomes the executive of this file's session. */
struct osext_hijack_attach {
	__u64 entry;	/* in the region: where a guest's system call arrives */
	__u64 upcall;	/* in the region: where an interrupted guest arrives */
	__u64 flags;	/* OSEXT_HIJACK_BY_HANDLER and the like, or 0 */
	__u64 signal_stack;	/* in the region, OSEXT_HIJACK_SIGNAL_STACK_BYTES; 0 without BY_HANDLER */
};

/* Signals of the executive's thread come by handler; else the module diverts their delivery. */
#define OSEXT_HIJACK_BY_HANDLER 1
/*
 * The pages of this session's guests are global, or are not; without either as
 * the module's parameter says when a guest joins.  Both: EINVAL; global where it
 * cannot be: EOPNOTSUPP.
 */
#define OSEXT_HIJACK_GLOBAL_ON 2
#define OSEXT_HIJACK_GLOBAL_OFF 4
#define OSEXT_HIJACK_ATTACH_FLAGS 7	/* all that there are */

/* WAIT: until the executive has asked for its first event. */
struct osext_hijack_wait {
	__u32 timeout_ms;
	__u32 reserved;	/* 0 */
};

/* JOIN: the calling process becomes a guest; returns 0 inside. */
struct osext_hijack_join {
	__u64 flags;	/* 0 */
	__u64 reserved;	/* 0 */
};

/* READ: copy out of the executive's region; for its log and results. */
struct osext_hijack_read {
	__u64 address;	/* in the executive */
	__u64 bytes;
	__u64 to;	/* in the caller */
	__u64 reserved;	/* 0 */
};

/* What switches between guest and executive. */
#define OSEXT_HIJACK_ENGINE_DIRECT 1	/* the module's stub at the processor's system-call entry */
#define OSEXT_HIJACK_ENGINE_ENTRY 2	/* the kernel's own entry, which is diverted */

/* STATISTICS: of the session, since ATTACH. */
struct osext_hijack_statistics {
	__u64 fast_traps;	/* guest -> executive inside the stub */
	__u64 fast_resumes;	/* executive -> guest inside the stub */
	__u64 slow_traps;	/* the same through the kernel's entry */
	__u64 slow_resumes;
	__u64 serves;		/* guests given to their owners */
	__u64 joins;		/* guests by JOIN and by fork */
	__u64 migrations;	/* times the executive's thread changed CPU */
	__u64 unhooks;		/* times it was scheduled out with the executive mapped */
	__u64 switches;		/* from one address space to another */
	__u64 upcalls;		/* guests interrupted, fast_faults not counted */
	__u64 guests;		/* alive now */
	__u64 engine;		/* OSEXT_HIJACK_ENGINE_* */
	__u64 fast_faults;	/* guests that touched the executive: to it inside the page-fault stub */
};

#define OSEXT_HIJACK_MAGIC 0xb7
#define OSEXT_HIJACK_ATTACH _IOW(OSEXT_HIJACK_MAGIC, 1, struct osext_hijack_attach)
#define OSEXT_HIJACK_WAIT _IOW(OSEXT_HIJACK_MAGIC, 2, struct osext_hijack_wait)
#define OSEXT_HIJACK_JOIN _IOW(OSEXT_HIJACK_MAGIC, 3, struct osext_hijack_join)
#define OSEXT_HIJACK_GET_STATISTICS _IOR(OSEXT_HIJACK_MAGIC, 4, struct osext_hijack_statistics)
#define OSEXT_HIJACK_READ _IOW(OSEXT_HIJACK_MAGIC, 5, struct osext_hijack_read)

#ifdef __cplusplus
#define OSEXT_HIJACK_ASSERT(condition, text) static_assert(condition, text)
#else
#define OSEXT_HIJACK_ASSERT(condition, text) _Static_assert(condition, text)
#endif
OSEXT_HIJACK_ASSERT(sizeof(struct osext_hijack_shared) == 104, "hijack shared page");
OSEXT_HIJACK_ASSERT(__builtin_offsetof(struct osext_hijack_shared, ip) == OSEXT_HIJACK_SHARED_IP, "ip");
OSEXT_HIJACK_ASSERT(__builtin_offsetof(struct osext_hijack_shared, flags) == OSEXT_HIJACK_SHARED_FLAGS, "flags");
OSEXT_HIJACK_ASSERT(__builtin_offsetof(struct osext_hijack_shared, sp) == OSEXT_HIJACK_SHARED_SP, "sp");
OSEXT_HIJACK_ASSERT(__builtin_offsetof(struct osext_hijack_shared, ax) == OSEXT_HIJACK_SHARED_AX, "ax");
OSEXT_HIJACK_ASSERT(__builtin_offsetof(struct osext_hijack_shared, cx) == OSEXT_HIJACK_SHARED_CX, "cx");
OSEXT_HIJACK_ASSERT(__builtin_offsetof(struct osext_hijack_shared, r11) == OSEXT_HIJACK_SHARED_R11, "r11");
OSEXT_HIJACK_ASSERT(__builtin_offsetof(struct osext_hijack_shared, signal_number) == OSEXT_HIJACK_SHARED_SIGNAL_NUMBER, "signal_number");
OSEXT_HIJACK_ASSERT(__builtin_offsetof(struct osext_hijack_shared, signal_code) == OSEXT_HIJACK_SHARED_SIGNAL_CODE, "signal_code");
OSEXT_HIJACK_ASSERT(__builtin_offsetof(struct osext_hijack_shared, signal_address) == OSEXT_HIJACK_SHARED_SIGNAL_ADDRESS, "signal_address");
OSEXT_HIJACK_ASSERT(__builtin_offsetof(struct osext_hijack_shared, signal_trap) == OSEXT_HIJACK_SHARED_SIGNAL_TRAP, "signal_trap");
OSEXT_HIJACK_ASSERT(__builtin_offsetof(struct osext_hijack_shared, signal_error) == OSEXT_HIJACK_SHARED_SIGNAL_ERROR, "signal_error");
OSEXT_HIJACK_ASSERT(__builtin_offsetof(struct osext_hijack_shared, handler) == OSEXT_HIJACK_SHARED_HANDLER, "handler");
OSEXT_HIJACK_ASSERT(sizeof(struct osext_hijack_state) == 4096, "hijack state");
OSEXT_HIJACK_ASSERT(__builtin_offsetof(struct osext_hijack_state, fpu) == 256, "XSAVE area is aligned");
OSEXT_HIJACK_ASSERT(sizeof(struct osext_hijack_call) == 56, "hijack call");
OSEXT_HIJACK_ASSERT(sizeof(struct osext_hijack_attach) == 32, "hijack attach");
OSEXT_HIJACK_ASSERT(sizeof(struct osext_hijack_wait) == 8, "hijack wait");
OSEXT_HIJACK_ASSERT(sizeof(struct osext_hijack_join) == 16, "hijack join");
OSEXT_HIJACK_ASSERT(sizeof(struct osext_hijack_read) == 32, "hijack read");
OSEXT_HIJACK_ASSERT(sizeof(struct osext_hijack_statistics) == 104, "hijack statistics");
#endif /* __ASSEMBLER__ */

#endif
