// SPDX-License-Identifier: GPL-2.0
/*
 * vfork and posix_spawn share memory with the child, which would see the
 * executive while it runs the parent.  So the child gets a copy, as of fork, and
 * gives back what it has changed there before it ends or executes a program: the
 * parent waits until then, and finds its memory as if it had been shared.
 *
 * Pages are given back, not mappings: where the parent has none, or a shared one,
 * or one that forks do not inherit, nothing is.  Nor is anything if the memory
 * was no plain copy from the start, if the child has moved the break (its heap
 * would name memory that the parent has not), or if a signal ends it.
 */
#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <asm/unistd.h>

#include "compat.h"
#include "hijack.h"

/* Makes the call one that shares no memory.  True: it asked to share, and its caller will wait. */
bool hijack_unshare_memory(struct pt_regs *call, unsigned int *nr)
{
	bool shares = *nr == __NR_vfork || (*nr == __NR_clone && (call->di & CLONE_VM));

	if (*nr == __NR_vfork) {
		*nr = __NR_clone;
		call->di = CLONE_VFORK | SIGCHLD;
		call->si = call->dx = call->r10 = call->r8 = 0;
	} else if (*nr == __NR_clone) {
		call->di &= ~CLONE_VM;
	}
	return shares;
}

/* A walk through current's memory, as far as it got before it had to rest. */
struct changes {
	unsigned long next;	/* the walk goes on here */
	unsigned int patience;	/* entries that it still looks at */
	unsigned int count;
	unsigned long pages[64];	/* that changed since the fork */
};

static int skip_shared(unsigned long start, unsigned long end, struct mm_walk *walk)
{
	return !walk->vma->anon_vma || (walk->vma->vm_flags & (VM_SHARED | VM_PFNMAP));
}

static bool is_own(struct page *page)
{
	return PageAnon(page) && PageAnonExclusive(page);
}

/* fork leaves no page that is one process's own but pinned ones; the first write to a copy makes one. */
static bool changed_since_fork(pte_t entry)
{
	swp_entry_t swapped;

	if (pte_none(entry))
		return false;
	if (pte_present(entry))
		return !pte_special(entry) && is_own(pte_page(entry));
	swapped = pte_to_swp_entry(entry);
	if (!non_swap_entry(swapped))
		return pte_swp_exclusive(entry);
	return is_migration_entry(swapped) && !is_readable_migration_entry(swapped);
}

/* Large pages that did not change need not be split. */
static int on_pmd(pmd_t *pmd, unsigned long address, unsigned long next, struct mm_walk *walk)
{
	spinlock_t *lock;

	if (!pmd_trans_huge(*pmd))
		return 0;	/* a table, or nothing */
	lock = pmd_lock(walk->mm, pmd);
	if (pmd_trans_huge(*pmd) && !is_own(pmd_page(*pmd)))
		walk->action = ACTION_CONTINUE;
	spin_unlock(lock);
	return 0;
}

static int on_pte(pte_t *entry, unsigned long address, unsigned long next, struct mm_walk *walk)
{
	struct changes *changes = walk->private;

	if (changed_since_fork(READ_ONCE(*entry)))
		changes->pages[changes->count++] = address;
	changes->next = next;
	return changes->count == ARRAY_SIZE(changes->pages) || --changes->patience == 0;
}

static const struct mm_walk_ops walk_ops = { .test_walk = skip_shared, .pmd_entry = on_pmd, .pte_entry = on_pte };

/* The next changes.  True: there may be more behind them.  May sleep. */
static bool find_changes(struct changes *changes)
{
	int rests;

	changes->count = 0;
	changes->patience = 1 << 16;
	mmap_read_lock(current->mm);
	rests = static_call(hijack_walk)(current->mm, changes->next, TASK_SIZE_MAX, &walk_ops, changes);
	mmap_read_unlock(current->mm);
	cond_resched();
	return rests > 0;
}

/* Whether a child has a copy of what is there; a shared page is also somebody else's. */
static bool is_inherited(struct mm_struct *mm, unsigned long address)
{
	const unsigned long never = VM_SHARED | VM_PFNMAP | VM_DONTCOPY | VM_WIPEONFORK;
	struct vm_area_struct *vma;
	bool inherited;

	mmap_read_lock(mm);
	vma = find_vma(mm, address);
	inherited = vma && vma->vm_start <= address && !(vma->vm_flags & never);
	mmap_read_unlock(mm);
	return inherited;
}

/* It waits for current; not if it was killed. */
static bool parent_waits(void)
{
	return READ_ONCE(current->vfork_done) && !fatal_signal_pending(current);
}

static void copy_changes(struct task_struct *to, struct mm_struct *to_mm, const struct changes *changes, void *buffer)
{
	unsigned int i;

	for (i = 0; i < changes->count && parent_waits(); i++) {
		unsigned long page = changes->pages[i];

		/* FOLL_FORCE: the child may have taken its own right to read away. */
		if (is_inherited(to_mm, page) &&
		    access_process_vm(current, page, buffer, PAGE_SIZE, FOLL_FORCE) == PAGE_SIZE)
			access_process_vm(to, page, buffer, PAGE_SIZE, FOLL_WRITE);
		cond_resched();
	}
}

static void give_back(struct task_struct *parent, struct mm_struct *to)
{
	struct changes *changes = kzalloc(sizeof(*changes), GFP_KERNEL);
	void *buffer = (void *)__get_free_page(GFP_KERNEL);
	bool more = changes && buffer;

	while (more && parent_waits()) {
		more = find_changes(changes);
		copy_changes(parent, to, changes, buffer);
	}
	free_page((unsigned long)buffer);
	kfree(changes);
}

/*
 * Of pages that are pinned, for devices to write to, fork makes copies at once.  They would look
 * changed, and be old.  Such memory is given back nothing.
 * Context: the owner, before it has run its guest; may sleep.
 */
void hijack_vfork_born(struct hijack_guest *guest)
{
	struct mm_struct *from = guest->vfork_parent ? get_task_mm(guest->vfork_parent) : NULL;
	struct changes *changes;

	if (!from)
		return;
	if (test_bit(MMF_HAS_PINNED, &from->flags)) {
		changes = kzalloc(sizeof(*changes), GFP_KERNEL);
		while (changes && find_changes(changes) && !changes->count && parent_waits())
			;
		if (!changes || changes->count)
			hijack_vfork_done(guest);
		kfree(changes);
	}
	mmput(from);
}

/* Nothing is given back any more.  Context: the owner, or nobody has the guest. */
void hijack_vfork_done(struct hijack_guest *guest)
{
	if (guest->vfork_parent)
		put_task_struct(guest->vfork_parent);
	guest->vfork_parent = NULL;
}

/* Calls that let the parent go on; and those after which no page is the child's own any more. */
static bool ends_changes(unsigned int nr)
{
	switch (nr) {
	case __NR_exit:
	case __NR_exit_group:
	case __NR_execve:
	case __NR_execveat:
	case __NR_fork:
	case __NR_vfork:
	case __NR_clone:
		return true;
	}
	return false;
}

/*
 * Before the owner's call `nr`: if it is a child whose parent waits, the parent gets what has
 * changed, as far as it matters now.  Context: the owner; may sleep.
 */
void hijack_share_changes(const struct hijack_guest *guest, unsigned int nr)
{
	struct mm_struct *to;

	if (!guest->vfork_parent || !ends_changes(nr) || !parent_waits())
		return;
	to = get_task_mm(guest->vfork_parent);
	if (!to)
		return;
	if (READ_ONCE(to->brk) == current->mm->brk)
		give_back(guest->vfork_parent, to);
	mmput(to);
}
