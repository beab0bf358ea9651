// SPDX-License-Identifier: GPL-2.0
/*
 * vfork and posix_spawn share memory with the child, which would see the
 * executive while it runs the parent.  So the child gets a copy, as of fork,
 * and what it has changed there is copied to its parent before it ends or
 * executes a program: the parent waits until then, so it sees no difference.
 *
 * What does differ: mappings that the child makes or takes away are its own, and
 * what it changed before a signal killed it is lost.
 */
#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/version.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#include "compat.h"
#include "hijack.h"

/* Makes the call one that shares no memory.  True: it asked to share, and its caller waits. */
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

/* Some pages that changed since the fork, in order. */
struct changes {
	unsigned int count;
	unsigned long pages[64];
};

static int skip_shared(unsigned long start, unsigned long end, struct mm_walk *walk)
{
	return !walk->vma->anon_vma || (walk->vma->vm_flags & (VM_SHARED | VM_PFNMAP));
}

/* fork leaves no page that is one process's own, and the first write to a copy makes one. */
static bool changed_since_fork(pte_t entry)
{
	if (pte_none(entry))
		return false;
	if (pte_present(entry)) {
		struct page *page = pte_special(entry) ? NULL : pte_page(entry);

		return page && PageAnon(page) && PageAnonExclusive(page);
	}
	if (!non_swap_entry(pte_to_swp_entry(entry)))
		return pte_swp_exclusive(entry);
	return is_migration_entry(pte_to_swp_entry(entry)) &&
	       !is_readable_migration_entry(pte_to_swp_entry(entry));
}

static int note(pte_t *entry, unsigned long address, unsigned long next, struct mm_walk *walk)
{
	struct changes *changes = walk->private;

	if (changed_since_fork(READ_ONCE(*entry)))
		changes->pages[changes->count++] = address;
	return changes->count == ARRAY_SIZE(changes->pages);
}

static const struct mm_walk_ops note_ops = { .test_walk = skip_shared, .pte_entry = note };

/* A page of a shared mapping is also somebody else's, whatever the child has put there. */
static bool is_private_in(struct mm_struct *mm, unsigned long address)
{
	struct vm_area_struct *vma;
	bool is_private;

	mmap_read_lock(mm);
	vma = find_vma(mm, address);
	is_private = vma && vma->vm_start <= address && !(vma->vm_flags & VM_SHARED);
	mmap_read_unlock(mm);
	return is_private;
}

static void copy_changes(struct task_struct *to, struct mm_struct *to_mm, const struct changes *changes, void *buffer)
{
	unsigned int i;

	for (i = 0; i < changes->count && !fatal_signal_pending(current); i++) {
		unsigned long page = changes->pages[i];

		if (is_private_in(to_mm, page) &&
		    access_process_vm(current, page, buffer, PAGE_SIZE, FOLL_FORCE) == PAGE_SIZE)
			access_process_vm(to, page, buffer, PAGE_SIZE, FOLL_FORCE | FOLL_WRITE);
		cond_resched();
	}
}

static void give_back(struct task_struct *parent, struct mm_struct *to)
{
	struct changes *changes = kmalloc(sizeof(*changes), GFP_KERNEL);
	void *buffer = (void *)__get_free_page(GFP_KERNEL);
	unsigned long start = 0;
	int more = changes && buffer;	/* 1, 0, or an error */

	while (more > 0 && !fatal_signal_pending(current)) {
		changes->count = 0;
		mmap_read_lock(current->mm);
		more = static_call(hijack_walk)(current->mm, start, TASK_SIZE_MAX, &note_ops, changes);
		mmap_read_unlock(current->mm);
		copy_changes(parent, to, changes, buffer);
		if (changes->count)
			start = changes->pages[changes->count - 1] + PAGE_SIZE;
	}
	free_page((unsigned long)buffer);
	kfree(changes);
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

	if (!guest->vfork_parent || !ends_changes(nr))
		return;
	if (!READ_ONCE(current->vfork_done))	/* the parent has gone on, or was killed */
		return;
	to = get_task_mm(guest->vfork_parent);
	if (!to)
		return;
	/* Of memory that devices may write to, the child had copies from the start, which are old now. */
	if (!test_bit(MMF_HAS_PINNED, &to->flags))
		give_back(guest->vfork_parent, to);
	mmput(to);
}
