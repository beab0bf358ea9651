/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What the counting plugin writes at a recorded marker: one entry of the
 * counter ring in the shared region.  All counters are cumulative since the
 * machine started, so an operation is the difference of two entries.
 *
 * "User" pages are those below 2^47 that are neither the executive's nor the
 * sandbox's; the four kinds are told apart by address (the plugin interface
 * shows no privilege level): see enum osext_space.
 */
#ifndef OSEXT_COUNTERS_H
#define OSEXT_COUNTERS_H

#include <linux/types.h>

/* Address ranges fixed by the mechanisms' designs. */
#define OSEXT_EXECUTIVE_BASE 0x200000000000ULL	/* one level-4 slot: 512 GiB */
#define OSEXT_EXECUTIVE_SIZE 0x8000000000ULL
#define OSEXT_SANDBOX_BASE 0x60000000ULL	/* two 2 MiB pages and their guard, below 2 GiB */
#define OSEXT_SANDBOX_SIZE 0x600000ULL

enum osext_space {
	OSEXT_SPACE_USER,
	OSEXT_SPACE_KERNEL,
	OSEXT_SPACE_EXECUTIVE,
	OSEXT_SPACE_SANDBOX,
	OSEXT_SPACES
};

/* 32 words of 8 bytes; the layout is an interface between plugin and host. */
struct osext_counters {
	__u64 sequence;		/* 1 for the first entry; 0 = not written */
	__u64 operation;		/* OSEXT_MARK_* */
	__u64 instructions[OSEXT_SPACES];
	__u64 syscalls;		/* SYSCALL executed */
	__u64 sysrets;
	__u64 irets;
	__u64 cr3_writes;
	__u64 cr4_pge_toggles;
	__u64 invlpg;
	__u64 invpcid;
	__u64 itlb_misses[OSEXT_SPACES];	/* first-level misses, by the page fetched */
	__u64 dtlb_misses[OSEXT_SPACES];	/* by the page accessed */
	__u64 stlb_hits;		/* first-level misses that the second level served */
	__u64 page_walks;		/* misses of every level there is */
	__u64 data_accesses;	/* only while watching */
	__u64 watching;		/* 1 if the model ran when the entry was written */
	__u64 reserved[7];
};

#ifdef __cplusplus
static_assert(sizeof(struct osext_counters) == 256, "counter ring entry");
#else
_Static_assert(sizeof(struct osext_counters) == 256, "counter ring entry");
#endif

#endif
