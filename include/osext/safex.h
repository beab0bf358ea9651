/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * SafeX: what the kernel module, extensions and the host library agree on.
 *
 *   extension   a verified eBPF program that runs in a bottom half, with a reservation
 *               of CPU time; an open file, whose end unloads it
 *   class       named attributes and events of a service; an open file of its creator,
 *               whose end revokes all access
 *   guard       checks what is written to an attribute, and maps it to what it stands for
 *   capability  an extension's access to a class: rights, given by the class's creator
 *               for a slot of a set; revocable at any time
 *   set         the slots that one binding's runs see, so that one program can serve
 *               several classes of the same kind
 *   binding     when an extension runs: on a class's event, a timer, a thread's system calls, or
 *               packets
 *
 * Names of attributes and events are numbered by each extension for itself, in the order
 * that LOAD tells; a capability translates them into those of its class.
 */
#ifndef OSEXT_SAFEX_H
#define OSEXT_SAFEX_H

#define OSEXT_SAFEX_DEVICE "/dev/osext_safex"

#define OSEXT_SAFEX_NAME_BYTES 32	/* with the final 0 */
#define OSEXT_SAFEX_EXTENSIONS_MAX 64
#define OSEXT_SAFEX_CLASSES_MAX 256
#define OSEXT_SAFEX_ATTRIBUTES_MAX 16	/* of a class, and that an extension may name */
#define OSEXT_SAFEX_EVENTS_MAX 8	/* the same */
#define OSEXT_SAFEX_SETS_MAX 16	/* of an extension */
#define OSEXT_SAFEX_SLOTS_MAX 4	/* of a set */
#define OSEXT_SAFEX_BINDINGS_MAX 16	/* of an extension */
#define OSEXT_SAFEX_HELD_MAX 16	/* capabilities that a run may hold at a time */
#define OSEXT_SAFEX_QUEUE_MAX 16	/* events that extensions raised and that wait, on one CPU */
#define OSEXT_SAFEX_CHAIN_MAX 32	/* runs that one event may lead to; what they raise then is cut off */
#define OSEXT_SAFEX_ABORTS_MAX 3	/* that many, and the extension is unloaded */
#define OSEXT_SAFEX_BUDGET_MIN_NS 1000
#define OSEXT_SAFEX_BUDGET_MAX_NS 1000000000
#define OSEXT_SAFEX_PERIOD_MIN_NS 100000
#define OSEXT_SAFEX_PERIOD_MAX_NS 1000000000000

/* How a budget is held. */
#define OSEXT_SAFEX_TICK 1	/* a counter that each timer interrupt decrements: up to two ticks more than the budget */
#define OSEXT_SAFEX_HRTIMER 2	/* a timer of its own: microseconds */

/* Rights of a capability. */
#define OSEXT_SAFEX_READ 1
#define OSEXT_SAFEX_WRITE 2
#define OSEXT_SAFEX_RAISE 4

/* Kinds of bindings. */
#define OSEXT_SAFEX_TIMER 1	/* every period_ns; the value counts expirations since the last run */
#define OSEXT_SAFEX_EVENT 2	/* a class's event, raised by its creator, by an extension or by the kernel */

/*
 * A thread begins a system call; the value is its number.  One that the kernel begins
 * again after a signal counts again.
 */
#define OSEXT_SAFEX_CALL 3
#define OSEXT_SAFEX_BY_INT80 0x100000000LL	/* more than the number, if it is one of the 32-bit calls */

/* A UDP packet came in and passed the kernel's filters; the value is its first eight bytes. */
#define OSEXT_SAFEX_PACKET 4
#define OSEXT_SAFEX_DROP 1	/* answer (safex_answer): the packet goes no further; else it does */

/* Guards that a process can ask for. */
#define OSEXT_SAFEX_ANY 1	/* every value */
#define OSEXT_SAFEX_RANGE 2	/* minimum to maximum; anything else is refused */
#define OSEXT_SAFEX_CONSTANT 3	/* only the creator writes */
/*
 * Tokens, `per_second` of them, of which `maximum` can be saved; at first there are so many.
 * Writing a number takes so many, or is refused (-EAGAIN) and takes none.
 */
#define OSEXT_SAFEX_TOKENS 4
#define OSEXT_SAFEX_TOKENS_MAX 1000000	/* that can be saved, and a second */
#define OSEXT_SAFEX_WAKE 5	/* every value; and a write wakes those who wait for another one (AWAIT) */

#define OSEXT_SAFEX_NO_VALUE (-0x7fffffffffffffffLL - 1)	/* an attribute that cannot be read; never one's value */
#define OSEXT_SAFEX_MARK 1	/* flag of RAISE, for benchmarks: markers (osext/marker.h) around all runs, in the kernel */
#define OSEXT_SAFEX_NEXT 1	/* flag: this id, or else the next one there is */

#ifndef __ASSEMBLER__
#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * LOAD (the device): an extension of a program that the kernel has verified and
 * compiled; root's, or a user's with CAP_BPF.  Returns its open file.  -EDQUOT: the
 * reservations would exceed the limit.  -EACCES: the program calls what is not on the
 * list of harmless functions, or ends in another program.
 */
struct osext_safex_load {
	__s32 program;	/* type XDP, whose context is empty */
	__u32 mode;	/* OSEXT_SAFEX_TICK or _HRTIMER */
	__u64 budget_ns;	/* of one invocation */
	__u64 period_ns;
	__u32 invocations;	/* in one period; more are left out, and counted */
	__u32 attribute_count;
	__u32 event_count;
	__u32 id;	/* filled in */
	char name[OSEXT_SAFEX_NAME_BYTES];
	char attributes[OSEXT_SAFEX_ATTRIBUTES_MAX][OSEXT_SAFEX_NAME_BYTES];
	char events[OSEXT_SAFEX_EVENTS_MAX][OSEXT_SAFEX_NAME_BYTES];
};

struct osext_safex_attribute {
	char name[OSEXT_SAFEX_NAME_BYTES];	/* letters, digits and _ */
	__u32 guard;
	__u32 per_second;	/* TOKENS; else 0 */
	__s64 initial;	/* TOKENS: 0 */
	__s64 minimum;	/* RANGE; else 0 */
	__s64 maximum;	/* RANGE, TOKENS; else 0 */
};

/* CREATE (the device): a class.  Returns its open file. */
struct osext_safex_create {
	char name[OSEXT_SAFEX_NAME_BYTES];
	__u32 attribute_count;
	__u32 event_count;
	__u32 id;	/* filled in */
	__u32 reserved;	/* 0 */
	struct osext_safex_attribute attributes[OSEXT_SAFEX_ATTRIBUTES_MAX];
	char events[OSEXT_SAFEX_EVENTS_MAX][OSEXT_SAFEX_NAME_BYTES];
};

/* GRANT (a class): what an extension may do with it; rights 0 revokes. */
struct osext_safex_grant {
	__s32 extension;	/* its open file */
	__u32 set;
	__u32 slot;
	__u32 rights;
};

/* BIND (an extension): when it runs, and which set it sees then. */
struct osext_safex_bind {
	__u32 kind;
	__u32 set;
	__s32 class_file;	/* EVENT; else 0 */
	__u32 event;	/* the class's number */
	union {
		__u64 period_ns;	/* TIMER */
		/*
		 * CALL: its id, 0: the caller's own; one that the caller may trace (ptrace).  After an
		 * execve that gave it other rights nothing is seen any more.  It ends with the extension,
		 * or the thread; its children are not watched.
		 */
		__u64 thread;
		__u64 port;	/* PACKET, in the caller's network namespace; takes CAP_NET_ADMIN there */
	};	/* else 0 */
};

/*
 * GET, SET (a class): an attribute, by the class's number.  GET_BY_ID (the device): the
 * same for root and the creator's user, by the class's id.
 */
struct osext_safex_value {
	__u32 id;	/* 0 but for GET_BY_ID */
	__u32 attribute;
	__s64 value;
};

/*
 * RAISE (a class), RAISE_BY_ID (the device; root and the creator's user): everything
 * that is bound to the event runs now, with all that it raises, before the call returns.
 */
struct osext_safex_raise {
	__u32 id;	/* 0 but for RAISE_BY_ID */
	__u32 event;	/* the class's number */
	__s64 value;
	__u32 flags;	/* OSEXT_SAFEX_MARK or 0 */
	__u32 reserved;	/* 0 */
	/* filled in */
	__s64 answer;	/* the last that an extension left (safex_answer), or 0 */
	__u32 runs;	/* that ended by themselves */
	__u32 aborted;	/* runs that were aborted */
	__u64 begun;	/* MARK: time stamps around all runs */
	__u64 ended;
	__u64 aborted_at;	/* time stamp: where the last one was aborted, or 0 */
};

/* AWAIT (a class): waits until an attribute with the guard WAKE is not as it was known. */
struct osext_safex_await {
	__u32 attribute;	/* the class's number */
	__u32 reserved;	/* 0 */
	__s64 known;
	__s64 value;	/* filled in: what it has become */
};

/* REVOKE (the device): all access of an extension to a class; root, and the users of either. */
struct osext_safex_revoke {
	__u32 class_id;
	__u32 extension_id;
};

/* UNLOAD (the device): root, and the extension's user. */
struct osext_safex_unload {
	__u32 id;
	__u32 reserved;	/* 0 */
};

/* GET_STATISTICS (the device): by anybody. */
struct osext_safex_statistics {
	__u32 id;	/* which; with OSEXT_SAFEX_NEXT changed to the one found */
	__u32 flags;
	char name[OSEXT_SAFEX_NAME_BYTES];
	__u32 user;
	__u32 mode;
	__u32 condemned;	/* 1: unloaded because it was aborted too often */
	__u32 bindings;
	__u64 budget_ns;
	__u64 period_ns;
	__u64 invocations;	/* reserved in a period */
	__u64 runs;	/* begun */
	__u64 aborts;
	__u64 aborts_in_function;	/* of these, at the end of a function of the module */
	__u64 throttled;	/* runs left out, because the period's invocations were used up */
	__u64 raised;	/* events */
	__u64 cut;	/* events that were not raised: the queue was full, or the chain too long */
	__u64 released;	/* capabilities that aborted runs held */
	__u64 longest_overrun_ns;	/* an aborted run's time past its budget */
	__u64 capabilities;	/* that it has now */
};

/* DESCRIBE (the device): a class, by anybody; values are for GET. */
struct osext_safex_describe {
	__u32 id;	/* as in statistics */
	__u32 flags;
	char name[OSEXT_SAFEX_NAME_BYTES];
	__u32 user;
	__u32 capabilities;
	__u32 attribute_count;
	__u32 event_count;
	char attributes[OSEXT_SAFEX_ATTRIBUTES_MAX][OSEXT_SAFEX_NAME_BYTES];
	char events[OSEXT_SAFEX_EVENTS_MAX][OSEXT_SAFEX_NAME_BYTES];
};

#define OSEXT_SAFEX_MAGIC 0xb7
#define OSEXT_SAFEX_LOAD _IOWR(OSEXT_SAFEX_MAGIC, 1, struct osext_safex_load)
#define OSEXT_SAFEX_CREATE _IOWR(OSEXT_SAFEX_MAGIC, 2, struct osext_safex_create)
#define OSEXT_SAFEX_GET_BY_ID _IOWR(OSEXT_SAFEX_MAGIC, 3, struct osext_safex_value)
#define OSEXT_SAFEX_RAISE_BY_ID _IOWR(OSEXT_SAFEX_MAGIC, 4, struct osext_safex_raise)
#define OSEXT_SAFEX_REVOKE _IOW(OSEXT_SAFEX_MAGIC, 5, struct osext_safex_revoke)
#define OSEXT_SAFEX_UNLOAD _IOW(OSEXT_SAFEX_MAGIC, 6, struct osext_safex_unload)
#define OSEXT_SAFEX_GET_STATISTICS _IOWR(OSEXT_SAFEX_MAGIC, 7, struct osext_safex_statistics)
#define OSEXT_SAFEX_DESCRIBE _IOWR(OSEXT_SAFEX_MAGIC, 8, struct osext_safex_describe)
#define OSEXT_SAFEX_GRANT _IOW(OSEXT_SAFEX_MAGIC, 16, struct osext_safex_grant)
#define OSEXT_SAFEX_GET _IOWR(OSEXT_SAFEX_MAGIC, 17, struct osext_safex_value)
#define OSEXT_SAFEX_SET _IOW(OSEXT_SAFEX_MAGIC, 18, struct osext_safex_value)
#define OSEXT_SAFEX_RAISE_EVENT _IOWR(OSEXT_SAFEX_MAGIC, 19, struct osext_safex_raise)
#define OSEXT_SAFEX_AWAIT _IOWR(OSEXT_SAFEX_MAGIC, 20, struct osext_safex_await)
#define OSEXT_SAFEX_BIND _IOW(OSEXT_SAFEX_MAGIC, 32, struct osext_safex_bind)

#ifdef __cplusplus
#define OSEXT_SAFEX_ASSERT(condition, text) static_assert(condition, text)
#else
#define OSEXT_SAFEX_ASSERT(condition, text) _Static_assert(condition, text)
#endif
OSEXT_SAFEX_ASSERT(sizeof(struct osext_safex_load) == 840, "safex load");
OSEXT_SAFEX_ASSERT(sizeof(struct osext_safex_attribute) == 64, "safex attribute");
OSEXT_SAFEX_ASSERT(sizeof(struct osext_safex_create) == 1328, "safex create");
OSEXT_SAFEX_ASSERT(sizeof(struct osext_safex_grant) == 16, "safex grant");
OSEXT_SAFEX_ASSERT(sizeof(struct osext_safex_bind) == 24, "safex bind");
OSEXT_SAFEX_ASSERT(sizeof(struct osext_safex_value) == 16, "safex value");
OSEXT_SAFEX_ASSERT(sizeof(struct osext_safex_raise) == 64, "safex raise");
OSEXT_SAFEX_ASSERT(sizeof(struct osext_safex_await) == 24, "safex await");
OSEXT_SAFEX_ASSERT(sizeof(struct osext_safex_revoke) == 8, "safex revoke");
OSEXT_SAFEX_ASSERT(sizeof(struct osext_safex_unload) == 8, "safex unload");
OSEXT_SAFEX_ASSERT(sizeof(struct osext_safex_statistics) == 152, "safex statistics");
OSEXT_SAFEX_ASSERT(sizeof(struct osext_safex_describe) == 824, "safex describe");
#endif /* __ASSEMBLER__ */

#endif
