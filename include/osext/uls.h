/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * ULS: what the kernel module, extensions in the sandbox and the host library
 * agree on.
 *
 *   sandbox    two pages of 2 MB, one of code and one of data, at the same
 *              addresses in every process that joined; closed but for upcalls
 *   host       a process that joined: extensions run in it, whatever it does
 *   extension  code in the sandbox with a stack and a record of its own; events
 *              that are bound to it interrupt a host (an upcall)
 *   creator    whoever loaded an extension; it lives as long as the creator's
 *              open file of OSEXT_ULS_DEVICE
 *   thread     a process of the creator's that gave up all its memory for the
 *              sandbox, which stays open in it; it may make system calls
 *
 * An upcall starts at the extension's entry point as a function would, with the
 * address of its record in rdi, and ends when that function returns: it returns to
 * a stub at OSEXT_ULS_STUB, which makes the system call OSEXT_ULS_RETURN.  Any
 * other system call, a fault, or more time than the extension's budget aborts the
 * upcall.  The interrupted program goes on in any case as if nothing had happened.
 * FPU, vector and segment registers are the program's: extensions are compiled so
 * that they leave them alone (-mgeneral-regs-only).
 */
#ifndef OSEXT_ULS_H
#define OSEXT_ULS_H

#define OSEXT_ULS_DEVICE "/dev/osext_uls"

#define OSEXT_ULS_PAGE_BYTES 0x200000
#define OSEXT_ULS_CODE 0x60000000
#define OSEXT_ULS_DATA 0x60200000
#define OSEXT_ULS_STUB OSEXT_ULS_CODE	/* what an entry point returns to */
#define OSEXT_ULS_STUB_BYTES 4096	/* of the code page, not for extensions */
#define OSEXT_ULS_RECORDS_BYTES 4096	/* of the data page: the records, by id */

#define OSEXT_ULS_RETURN 0x4e00	/* unknown to Linux; only the stub's ends an upcall */
#define OSEXT_ULS_THREAD_END (OSEXT_ULS_STUB + 16)	/* what a thread's function returns to: exit_group() with its result */

#define OSEXT_ULS_EXTENSIONS_MAX 16
#define OSEXT_ULS_BINDINGS_MAX 16	/* of an extension */
#define OSEXT_ULS_THREADS_MAX 8	/* of an extension, at a time */
#define OSEXT_ULS_QUEUE_MAX 64	/* events of a binding */
#define OSEXT_ULS_NAME_BYTES 32	/* with the final 0 */
#define OSEXT_ULS_ABORTS_MAX 3	/* that many, and no event reaches the extension any more */
#define OSEXT_ULS_DRAIN_MAX 64	/* upcalls one after the other, before the host goes on */
#define OSEXT_ULS_BUDGET_MIN_NS 1000
#define OSEXT_ULS_BUDGET_MAX_NS 1000000000
#define OSEXT_ULS_PERIOD_MIN_NS 1000

/* Kinds of events. */
#define OSEXT_ULS_TIMER 1	/* every period_ns from BIND on; the value counts expirations */
#define OSEXT_ULS_SOFTWARE 2	/* somebody calls RAISE */
#define OSEXT_ULS_SYSCALL 3	/* a watched host is about to see the result of a system call, which is the value */
#define OSEXT_ULS_FAULT 4	/* a watched host did what the processor does not; before the signal, which is the value */
#define OSEXT_ULS_PACKET 5	/* a UDP packet arrives at a port; the value is its payload's length */

#define OSEXT_ULS_ANY_CALL 0xffffffff	/* SYSCALL: all system calls */

#define OSEXT_ULS_CALLED 8	/* a host calls it by RPC; there is no binding */

/* Flags of a binding; the marks are for benchmarks (osext/marker.h). */
#define OSEXT_ULS_BY_IRET 1	/* enter by IRET even from a system call, where SYSRET would do */
#define OSEXT_ULS_MARK_EVENT 2	/* BEGIN marker where the event happens: in the timer's callback, in RAISE */
#define OSEXT_ULS_MARK_UPCALL 4	/* BEGIN marker where the module starts to deliver it */
#define OSEXT_ULS_WAKE 8	/* when its upcall has returned, who waits for a word that it changed (PASS) is woken */
#define OSEXT_ULS_FLUSH_ALL 256	/* opening the sandbox drops all translations of the process, as without INVLPG */
#define OSEXT_ULS_BIND_FLAGS (15 | OSEXT_ULS_FLUSH_ALL)

#define OSEXT_ULS_REVOKE 1	/* flag of GRANT */
#define OSEXT_ULS_NONE 0xffffffff	/* GET_STATISTICS: no extension, but all together */

#ifndef __ASSEMBLER__
#include <linux/ioctl.h>
#include <linux/types.h>

#include <osext/counters.h>	/* OSEXT_SANDBOX_BASE, OSEXT_SANDBOX_SIZE */

/*
 * SYSCALL: which call it was.  Calls that do not return to the program - exit,
 * rt_sigreturn, one that a signal has made begin again - are no events; the second
 * try is one.  Of an execve that succeeded the arguments are 0.
 */
struct osext_uls_call {
	__u64 result;
	__u64 ip;	/* where the program goes on */
	__u32 number;
	__u32 pid;	/* whose it was, in the first pid namespace; the record says in whom the upcall is */
	__u32 by_int80;	/* 1: by int 0x80, which numbers calls as 32-bit programs do */
	__u32 reserved;
	__u64 arguments[6];
};

/*
 * FAULT: what the processor said.  Faults in the kernel on a program's behalf, and
 * signals that somebody sends, are no events.
 */
struct osext_uls_fault {
	__u64 address;	/* that could not be reached; or of the signal, or 0 */
	__u64 ip;	/* of the program */
	__u32 trap;	/* its number, or OSEXT_ULS_NO_TRAP: no room for a signal's handler */
	__u32 error_code;
	__u32 signal;
	__s32 code;	/* si_code of the signal */
	__u32 pid;	/* whose it was */
	__u32 reserved;
};

#define OSEXT_ULS_NO_TRAP 0xffffffff

#define OSEXT_ULS_PACKET_BYTES 64

/*
 * PACKET: as it comes out of the kernel's filters, before a socket is looked for and
 * the checksum is looked at.  The extension hears of it and cannot stop it.
 */
struct osext_uls_packet {
	__u64 arrived_ns;	/* CLOCK_MONOTONIC, where the kernel's stack handed it to the hook */
	__u8 source[16];	/* addresses of IPv6; of IPv4 as mapped ones, the last 4 bytes */
	__u8 destination[16];
	__u16 source_port;
	__u16 port;
	__u32 bytes;	/* of its payload */
	__u8 data[OSEXT_ULS_PACKET_BYTES];	/* its begin, then 0 */
};

/* What an extension is told; all but the id is written anew before each upcall. */
struct osext_uls_record {
	__u32 kind;	/* OSEXT_ULS_TIMER... */
	__u32 number;	/* of the binding */
	__u64 value;	/* of the event */
	__u64 overrun;	/* events lost since the last one, because the binding's queue was full */
	__u32 pid;	/* the host, in the first pid namespace */
	__u32 cpu;
	__u32 id;	/* the extension itself */
	__u32 drained;	/* upcalls before this one in the same interruption */
	__u64 stamp;	/* time stamp where the binding has its BEGIN marker; 0 if it has none */
	union {	/* by kind; left as it is for kinds that are not here */
		struct osext_uls_call call;
		struct osext_uls_fault fault;
		struct osext_uls_packet packet;
		__u64 words[25];
	} about;
	__u64 answer;	/* CALLED: what the extension leaves here is the caller's */
};

/*
 * JOIN: the calling process becomes a host; until it unmaps the sandbox, execs or exits.
 * One that was injected is a host already, and may still join, once.
 */
struct osext_uls_join {
	__u64 flags;	/* 0 */
	__u64 reserved;	/* 0 */
};

/* LOAD: reserves memory in the sandbox, filled with 0. */
struct osext_uls_load {
	__u32 code_bytes;
	__u32 data_bytes;
	__u32 stack_bytes;
	__u32 reserved;	/* 0 */
	__u64 budget_ns;	/* of one upcall */
	char name[OSEXT_ULS_NAME_BYTES];
	/* filled in */
	__u32 id;
	__u32 code;	/* addresses; every area begins at a multiple of 4096 */
	__u32 data;
	__u32 stack_end;
};

/* WRITE and READ: between the caller's memory and the extension's own, code, data or stack. */
struct osext_uls_copy {
	__u32 id;
	__u32 address;	/* in the sandbox; WRITE to code only before START */
	__u32 bytes;
	__u32 reserved;	/* 0 */
	__u64 memory;	/* in the caller */
};

/* START: from now on events reach it. */
struct osext_uls_start {
	__u32 id;
	__u32 entry;	/* in its code */
	__u64 reserved;	/* 0 */
};

struct osext_uls_bind {
	__u32 id;
	__u32 kind;
	__u32 number;	/* any; one binding of an extension each */
	__s32 priority;	/* of several events that wait, the highest is delivered first */
	__u32 queue;	/* events that may wait, 1 to OSEXT_ULS_QUEUE_MAX; TIMER: 1 */
	__u32 flags;
	union {
		__u64 period_ns;	/* TIMER */
		__u64 call;	/* SYSCALL: its number, or OSEXT_ULS_ANY_CALL */
		__u64 port;	/* PACKET, in the caller's network namespace; takes CAP_NET_RAW there */
	};	/* else 0 */
	union {
		__u64 count;	/* TIMER: how often it expires, 0: for ever */
		/*
		 * SYSCALL, FAULT: the process to watch, while it is a host; 0: the caller.  Only one that
		 * the caller may trace (ptrace); after an execve that gave it other rights, no more.
		 */
		__u64 pid;
	};	/* else 0 */
};

/* RAISE: an event of kind SOFTWARE; by root and by the creator's user. */
struct osext_uls_raise {
	__u32 id;
	__u32 number;
	__u64 value;
};

/*
 * RPC: an upcall now, in the calling host, which waits for it; rights as for RAISE.
 * On return rax is 0 and rdx the answer, or rax is a negative errno: -EAGAIN if a
 * signal or a tracer came between, -EBUSY while the extension runs for another host,
 * -ECANCELED if it was aborted, -ENOTCONN if the caller has not joined.
 */
struct osext_uls_rpc {
	__u32 id;
	__u32 number;	/* any */
	__u64 value;
};

/*
 * THREAD: the calling process becomes a thread of the extension, and returns only if
 * it cannot.  It is a child of the creator's, shares its memory with nobody, and has
 * the creator's user.  All its memory goes, the sandbox comes and stays open;
 * credentials and files are as before, signal handlers are reset, and nobody but
 * root can trace it.  It starts at `entry` as a function would, with the argument and
 * the address of its struct osext_uls_thread_record.
 */
struct osext_uls_thread {
	__u32 id;
	__u32 entry;	/* in the extension's code */
	__u32 stack_bytes;
	__s32 device;	/* told to it: its open file of the device, for PASS */
	__u64 argument;
	__u64 reserved;	/* 0 */
};

struct osext_uls_thread_record {
	__u32 id;	/* of the extension */
	__u32 pid;	/* its own, in the first pid namespace */
	__s32 device;
	__u32 stack;	/* lowest address */
	__u64 argument;
	__u64 reserved[5];
};

/*
 * PASS: leaves a word in an extension's data, wakes who waits for that word, and
 * waits until another one is not as it was known.  By whoever holds the creator's open
 * file, threads or not, and by root: futexes do not work across the sandbox.
 */
struct osext_uls_pass {
	__u32 id;
	__u32 put;	/* address of the word, a multiple of 4; 0: none */
	__u32 value;	/* that it becomes */
	__u32 wait;	/* address of the other one; 0: none */
	__u32 known;
	__u32 got;	/* filled in: what it has become */
};

struct osext_uls_unload {
	__u32 id;
	__u32 reserved;	/* 0 */
};

/* GRANT: by root: this user may load extensions. */
struct osext_uls_grant {
	__u32 uid;
	__u32 flags;	/* OSEXT_ULS_REVOKE: no longer */
};

/* OPEN: opens the sandbox of the calling host, and closes it before the call returns: for benchmarks. */
struct osext_uls_open {
	__u32 flags;	/* OSEXT_ULS_FLUSH_ALL or 0 */
	__u32 reserved;	/* 0 */
};

/* Why an upcall was aborted. */
enum osext_uls_abort {
	OSEXT_ULS_ABORT_FAULT,
	OSEXT_ULS_ABORT_SYSTEM_CALL,
	OSEXT_ULS_ABORT_BUDGET,
	OSEXT_ULS_ABORT_BLOCKED,	/* its host was stopped, killed, had to wait or made it fail: no fault of the extension */
	OSEXT_ULS_ABORT_UNLOADED,
	OSEXT_ULS_ABORTS
};

struct osext_uls_statistics {
	__u32 id;	/* which; OSEXT_ULS_NONE: the sum of all there are */
	__u32 condemned;	/* 1: aborted too often, no event reaches it */
	__u64 events;
	__u64 overruns;
	__u64 upcalls;
	__u64 direct;	/* events whose interrupt itself became the upcall */
	__u64 drained;	/* upcalls that began where another one ended */
	__u64 returns;
	__u64 aborts[OSEXT_ULS_ABORTS];
	__u64 hosts;	/* alive now */
	__u64 injected;	/* processes that joined by themselves (module parameter inject) */
	__u64 refused;	/* those that were to, and could not */
	__u64 threads;	/* alive now */
};

#define OSEXT_ULS_MAGIC 0xb8
#define OSEXT_ULS_JOIN _IOW(OSEXT_ULS_MAGIC, 1, struct osext_uls_join)
#define OSEXT_ULS_LOAD _IOWR(OSEXT_ULS_MAGIC, 2, struct osext_uls_load)
#define OSEXT_ULS_WRITE _IOW(OSEXT_ULS_MAGIC, 3, struct osext_uls_copy)
#define OSEXT_ULS_READ _IOW(OSEXT_ULS_MAGIC, 4, struct osext_uls_copy)
#define OSEXT_ULS_START _IOW(OSEXT_ULS_MAGIC, 5, struct osext_uls_start)
#define OSEXT_ULS_BIND _IOW(OSEXT_ULS_MAGIC, 6, struct osext_uls_bind)
#define OSEXT_ULS_RAISE _IOW(OSEXT_ULS_MAGIC, 7, struct osext_uls_raise)
#define OSEXT_ULS_UNLOAD _IOW(OSEXT_ULS_MAGIC, 8, struct osext_uls_unload)
#define OSEXT_ULS_GET_STATISTICS _IOWR(OSEXT_ULS_MAGIC, 9, struct osext_uls_statistics)
#define OSEXT_ULS_GRANT _IOW(OSEXT_ULS_MAGIC, 10, struct osext_uls_grant)
#define OSEXT_ULS_OPEN _IOW(OSEXT_ULS_MAGIC, 32, struct osext_uls_open)
#define OSEXT_ULS_RPC _IOW(OSEXT_ULS_MAGIC, 16, struct osext_uls_rpc)
#define OSEXT_ULS_THREAD _IOW(OSEXT_ULS_MAGIC, 17, struct osext_uls_thread)
#define OSEXT_ULS_PASS _IOWR(OSEXT_ULS_MAGIC, 18, struct osext_uls_pass)

#ifdef __cplusplus
#define OSEXT_ULS_ASSERT(condition, text) static_assert(condition, text)
#else
#define OSEXT_ULS_ASSERT(condition, text) _Static_assert(condition, text)
#endif
OSEXT_ULS_ASSERT(OSEXT_ULS_CODE == OSEXT_SANDBOX_BASE, "the sandbox begins with code");
OSEXT_ULS_ASSERT(OSEXT_ULS_DATA + OSEXT_ULS_PAGE_BYTES <= OSEXT_SANDBOX_BASE + OSEXT_SANDBOX_SIZE, "sandbox");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_record) == 256, "uls record");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_record) * OSEXT_ULS_EXTENSIONS_MAX == OSEXT_ULS_RECORDS_BYTES, "records");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_call) == 80, "uls call");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_fault) == 40, "uls fault");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_packet) == 112, "uls packet");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_join) == 16, "uls join");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_load) == 72, "uls load");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_copy) == 24, "uls copy");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_start) == 16, "uls start");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_bind) == 40, "uls bind");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_raise) == 16, "uls raise");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_rpc) == 16, "uls rpc");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_thread) == 32, "uls thread");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_thread_record) == 64, "uls thread record");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_pass) == 24, "uls pass");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_unload) == 8, "uls unload");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_grant) == 8, "uls grant");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_open) == 8, "uls open");
OSEXT_ULS_ASSERT(sizeof(struct osext_uls_statistics) == 128, "uls statistics");
#endif /* __ASSEMBLER__ */

#endif
