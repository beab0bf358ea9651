/* SPDX-License-Identifier: GPL-2.0 */
/* Opening and closing the sandbox in a host; inline, as it is the heart of an upcall. */
#ifndef OSEXT_ULS_KMOD_SANDBOX_H
#define OSEXT_ULS_KMOD_SANDBOX_H

#include <asm/tlbflush.h>

#include "uls.h"

/* Values of the two page-table entries. */
struct uls_entries {
	u64 code, data;
};

extern struct uls_entries uls_open_entries, uls_closed_entries;

static inline void uls_drop_translations(void)
{
	if (static_branch_unlikely(&uls_stale))
		return;
	asm volatile("invlpg (%0)" ::"r"((unsigned long)OSEXT_ULS_CODE) : "memory");
	asm volatile("invlpg (%0)" ::"r"((unsigned long)OSEXT_ULS_DATA) : "memory");
}

/* All of the process's, but for global ones: what a kernel does that does not know INVLPG. */
static inline void uls_drop_all_translations(void)
{
	native_write_cr3(__native_read_cr3());
}

/*
 * Current, the host, has its memory for itself, and the sandbox is there.  In this
 * order: whoever shared the memory may have unmapped the sandbox before it left.
 */
static inline bool uls_is_alone(const struct uls_host *host)
{
	return atomic_read(&current->mm->mm_users) == 1 && current->mm == READ_ONCE(host->mm);
}

static inline void uls_write_entries(struct uls_host *host, const struct uls_entries *entries)
{
	pmd_t *pmd = host->pmd;

	WRITE_ONCE(pmd[0].pmd, entries->code);
	WRITE_ONCE(pmd[1].pmd, entries->data);
}

/*
 * Context: interrupts off, in the host's own memory.  Nobody else writes these
 * entries: the host is alone in its memory, and on its way to user mode.  Empty
 * entries are not remembered by a TLB, so opening needs no flush.
 */
static inline void uls_open(struct uls_host *host)
{
	uls_write_entries(host, &uls_open_entries);
	if (static_branch_unlikely(&uls_mode_us))
		uls_drop_translations();
	host->opened_cpu = raw_smp_processor_id();
	host->migrated = false;
}

/*
 * The same, or in the scheduler.  Other CPUs where the host was while open forget
 * what they know of its memory before they run it again, because its generation is
 * newer; they need no interrupt, since only this task runs in it.
 */
static inline void uls_close(struct uls_host *host)
{
	uls_write_entries(host, &uls_closed_entries);
	uls_drop_translations();
	if (unlikely(host->migrated) && !static_branch_unlikely(&uls_stale))
		atomic64_inc(&host->mm->context.tlb_gen);
}

#endif
