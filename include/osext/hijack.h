/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Hijack: what the kernel module, the executive, guests and the host library
 * agree on.
 *
 * Three parties speak through this header:
 *   guest      makes system calls; those numbered OSEXT_HIJACK_RPC and up are
 *              hypercalls, served by the executive, unknown to Linux
 *   executive  runs at user level at OSEXT_EXECUTIVE_BASE; leaves by the
 *              operations OSEXT_HIJACK_OP_*, which are system-call numbers too
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
#define OSEXT_HIJACK_MINIMAL 0x4f80	/* first of the minimal numbers */
#define OSEXT_HIJACK_RPC_MINIMAL 0x4f80	/* counts, returns the argument plus one */
#define OSEXT_HIJACK_TRAP_MINIMAL 0x4f81
#define OSEXT_HIJACK_RETURN_MINIMAL 0x4f82

/*
 * Operations: executive -> module.  RESUME, FORWARD, LEAVE and HANDOVER are
 * issued with the guest's general registers live in the processor; ip, flags
 * and sp stand in the shared page, and its `ax` is what the guest finds in rax
 * (RESUME, LEAVE) or the number of its system call (FORWARD, HANDOVER).
 */
#define OSEXT_HIJACK_OP_FIRST 0x5000
#define OSEXT_HIJACK_OP_RESUME 0x5000	/* continue the guest */
#define OSEXT_HIJACK_OP_NEXT 0x5001	/* wait for a guest and run it; returns only errors */
#define OSEXT_HIJACK_OP_FORWARD 0x5002	/* make the guest's system call with the executive out of sight, continue the guest */
#define OSEXT_HIJACK_OP_LEAVE 0x5003	/* give the guest back to its owner; returns 0 */
#define OSEXT_HIJACK_OP_HANDOVER 0x5004	/* the same, and the owner repeats the system call natively */
#define OSEXT_HIJACK_OP_LAST 0x5004

/* Offsets in the shared page, the first of the executive's region; used by assembly. */
#define OSEXT_HIJACK_SHARED_IP 0
#define OSEXT_HIJACK_SHARED_FLAGS 8
#define OSEXT_HIJACK_SHARED_SP 16
#define OSEXT_HIJACK_SHARED_AX 24

/* The executive's region starts with the shared page; the image follows it. */
#define OSEXT_HIJACK_SHARED_BYTES 4096
#define OSEXT_HIJACK_REGION_MAX_BYTES (4UL << 20)
/* mmap() offset that asks for the guest's reservation instead of the region. */
#define OSEXT_HIJACK_RESERVE_OFFSET 0x10000000UL

#ifndef __ASSEMBLER__
#include <linux/ioctl.h>
#include <linux/types.h>

#include <osext/counters.h>	/* OSEXT_EXECUTIVE_BASE, OSEXT_EXECUTIVE_SIZE */

/* Written by the module's stub on the way in, by the executive before it leaves. */
struct osext_hijack_shared {
	__u64 ip;
	__u64 flags;
	__u64 sp;
	__u64 ax;
};

/* Counters of the executive (OSEXT_HIJACK_STATISTICS). */
enum osext_hijack_statistic {
	OSEXT_HIJACK_COUNT_TRAPS,	/* full entries */
	OSEXT_HIJACK_COUNT_RPCS,	/* of them, RPC */
	OSEXT_HIJACK_COUNT_RPCS_MINIMAL,
	OSEXT_HIJACK_COUNT_DIRECT,	/* system calls made by the executive itself */
	OSEXT_HIJACK_COUNT_FORWARDED,	/* system calls given to the module */
	OSEXT_HIJACK_COUNT_MARKED,	/* TRAP and RETURN */
	OSEXT_HIJACK_COUNT_MARKED_MINIMAL,	/* TRAP_MINIMAL and RETURN_MINIMAL */
	OSEXT_HIJACK_COUNT_DIRECT_MINIMAL,	/* system calls made by the assembly of the executive */
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
	__u64 stack;	/* in the region, 8-byte aligned: the stack pointer there */
	__u64 flags;	/* 0 */
	__u64 reserved;	/* 0 */
};

/* WAIT: until the executive waits for a guest. */
struct osext_hijack_wait {
	__u32 timeout_ms;
	__u32 reserved;	/* 0 */
};

/* JOIN: the calling process becomes the guest; returns 0 inside. */
struct osext_hijack_join {
	__u64 flags;	/* 0 */
	__u64 reserved;	/* 0 */
};

/* STATISTICS: of the session, since ATTACH. */
struct osext_hijack_statistics {
	__u64 fast_traps;	/* guest -> executive inside the stub */
	__u64 fast_resumes;	/* executive -> guest inside the stub */
	__u64 slow_traps;	/* the same through the kernel's entry */
	__u64 slow_resumes;
	__u64 forwards;
	__u64 joins;
	__u64 migrations;	/* times the executive's thread changed CPU */
	__u64 unhooks;		/* times it was scheduled out with the executive mapped */
};

#define OSEXT_HIJACK_MAGIC 0xb7
#define OSEXT_HIJACK_ATTACH _IOW(OSEXT_HIJACK_MAGIC, 1, struct osext_hijack_attach)
#define OSEXT_HIJACK_WAIT _IOW(OSEXT_HIJACK_MAGIC, 2, struct osext_hijack_wait)
#define OSEXT_HIJACK_JOIN _IOW(OSEXT_HIJACK_MAGIC, 3, struct osext_hijack_join)
#define OSEXT_HIJACK_GET_STATISTICS _IOR(OSEXT_HIJACK_MAGIC, 4, struct osext_hijack_statistics)

#ifdef __cplusplus
#define OSEXT_HIJACK_ASSERT(condition, text) static_assert(condition, text)
#else
#define OSEXT_HIJACK_ASSERT(condition, text) _Static_assert(condition, text)
#endif
OSEXT_HIJACK_ASSERT(sizeof(struct osext_hijack_shared) == 32, "hijack shared page");
OSEXT_HIJACK_ASSERT(__builtin_offsetof(struct osext_hijack_shared, ip) == OSEXT_HIJACK_SHARED_IP, "ip");
OSEXT_HIJACK_ASSERT(__builtin_offsetof(struct osext_hijack_shared, flags) == OSEXT_HIJACK_SHARED_FLAGS, "flags");
OSEXT_HIJACK_ASSERT(__builtin_offsetof(struct osext_hijack_shared, sp) == OSEXT_HIJACK_SHARED_SP, "sp");
OSEXT_HIJACK_ASSERT(__builtin_offsetof(struct osext_hijack_shared, ax) == OSEXT_HIJACK_SHARED_AX, "ax");
OSEXT_HIJACK_ASSERT(sizeof(struct osext_hijack_attach) == 32, "hijack attach");
OSEXT_HIJACK_ASSERT(sizeof(struct osext_hijack_wait) == 8, "hijack wait");
OSEXT_HIJACK_ASSERT(sizeof(struct osext_hijack_join) == 16, "hijack join");
OSEXT_HIJACK_ASSERT(sizeof(struct osext_hijack_statistics) == 64, "hijack statistics");
#endif /* __ASSEMBLER__ */

#endif
