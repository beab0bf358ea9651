// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that a guest lives in: its owner's, with the executive's place
 * reserved, watched by a guard, and its pages global if that is wanted.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "hijack.h"

/*
 * What the module maps is no memory of the guest's, and counts into neither its
 * limit of address space (RLIMIT_AS) nor what /proc shows of it.  The kernel
 * counts all the same where it maps, unmaps and forks, so at these moments, and
 * only then, it is part of the sum.  Context: the mmap lock is held, or it is
 * the only task in this memory that unmaps.
 */
static void add_to_total(struct mm_struct *mm, unsigned long pages)
{
	WRITE_ONCE(mm->total_vm, mm->total_vm + pages);
}

/* Whether it counts, from now on.  May sleep. */
static void count_reservation(const struct hijack_guest *guest, bool counts)
{
	unsigned long pages = hijack_reserved_pages(guest->session);

	mmap_write_lock(guest->mm);
	add_to_total(guest->mm, counts ? pages : -pages);
	mmap_write_unlock(guest->mm);
}

/*
 * A child's sum is its parent's without what the child has no copy of.
 * Context: the owner, around a call that may fork; may sleep.
 */
void hijack_before_fork(struct hijack_guest *guest)
{
	count_reservation(guest, true);
}

void hijack_after_fork(struct hijack_guest *guest)
{
	count_reservation(guest, false);
}

/*
 * vm_mmap() of the module's own, in the caller's memory and within any limit: the
 * sum is zero after the mapping, and what it was when that is done.  May sleep.
 */
int hijack_map_uncounted(struct hijack_session *session, unsigned long address, unsigned long bytes,
			 unsigned long protection, unsigned long offset)
{
	unsigned long pages = bytes >> PAGE_SHIFT, total, peak, result;
	struct mm_struct *mm = current->mm;

	mmap_write_lock(mm);
	total = mm->total_vm;
	peak = mm->hiwater_vm;
	add_to_total(mm, -(total + pages));
	mmap_write_unlock(mm);
	result = vm_mmap(session->file, address, bytes, protection, MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_NORESERVE,
			 offset);
	mmap_write_lock(mm);
	add_to_total(mm, IS_ERR_VALUE(result) ? total + pages : total);
	mm->hiwater_vm = peak;
	mmap_write_unlock(mm);
	return IS_ERR_VALUE(result) ? (int)(long)result : 0;
}

/* Somebody takes the reservation away: the guest cannot go on. */
static int guard_unmap(struct mmu_notifier *guard, const struct mmu_notifier_range *range)
{
	struct hijack_guest *guest = container_of(guard, struct hijack_guest, guard);
	struct hijack_session *session = guest->session;

	if (range->event != MMU_NOTIFY_UNMAP || guest->unfit ||
	    !hijack_in_reserved(session, range->start, range->end))
		return 0;
	WRITE_ONCE(guest->unfit, true);
	add_to_total(range->mm, hijack_reserved_pages(session));	/* what is unmapped now counts less */
	/* By a call of the executive itself: its own pages must not go with it. */
	if (current == session->thread && session->current_guest == guest)
		hijack_unhook(session, STATE_CALL);
	if (!(guest->owner->flags & PF_EXITING)) {
		pr_info_ratelimited("osext_hijack: killing guest %d: it unmapped the executive's place\n",
				    task_pid_nr(guest->owner));
		send_sig(SIGKILL, guest->owner, 1);
	}
	return 0;
}

static const struct mmu_notifier_ops guard_ops = { .invalidate_range_start = guard_unmap };

static void stop_global(struct hijack_guest *guest)
{
	hijack_global_stop(guest->global);
	guest->global = NULL;
}

/* Nothing of it is needed any more.  May sleep. */
void hijack_leave_memory(struct hijack_guest *guest)
{
	if (!guest->mm)
		return;
	stop_global(guest);
	mmu_notifier_unregister(&guest->guard, guest->mm);
	mmdrop(guest->mm);
	guest->mm = NULL;
}

/*
 * The owner's memory is the guest's: at the start, and after each exec.
 * Context: the owner; may sleep.  0, or why there is no place for the executive.
 */
int hijack_enter_memory(struct hijack_guest *guest)
{
	int error;

	if (guest->mm == current->mm)
		return 0;
	if (guest->mm)
		hijack_vfork_done(guest);
	hijack_leave_memory(guest);
	guest->mapping = true;
	error = hijack_reserve(guest->session);
	guest->mapping = false;
	if (error)
		return error;
	guest->unfit = false;
	guest->guard.ops = &guard_ops;
	error = mmu_notifier_register(&guest->guard, current->mm);
	if (error)
		return error;
	guest->mm = current->mm;
	mmgrab(guest->mm);
	guest->global = hijack_global_start(guest->session, guest->mm);
	if (IS_ERR(guest->global)) {
		error = PTR_ERR(guest->global);
		guest->global = NULL;
		hijack_leave_memory(guest);
	}
	return error;
}

/* The guest leaves, its memory stays.  Context: the owner; may sleep. */
void hijack_quit_memory(struct hijack_guest *guest)
{
	unsigned long peak = guest->mm->hiwater_vm;

	WRITE_ONCE(guest->unfit, true);	/* so that the guard lets the reservation go */
	count_reservation(guest, true);
	hijack_unreserve(guest->session);
	guest->mm->hiwater_vm = peak;
	stop_global(guest);
}
