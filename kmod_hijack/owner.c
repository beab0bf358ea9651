// SPDX-License-Identifier: GPL-2.0
/*
 * Who owns which guest, from its birth to its death, and whether he sleeps.
 * What an owner does meanwhile is in servant.c.
 */
#include <linux/rseq.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/uaccess.h>

#include "hijack.h"

/* Tasks that own a guest, by their address; written by themselves. */
static DEFINE_HASHTABLE(owners, 7);
static DEFINE_SPINLOCK(owners_lock);

/* The guest that a task owns, or NULL; valid while that task is current or new-born. */
struct hijack_guest *hijack_guest_of(struct task_struct *task)
{
	struct hijack_guest *guest, *found = NULL;
	unsigned long flags;

	spin_lock_irqsave(&owners_lock, flags);
	hash_for_each_possible(owners, guest, owner_link, (unsigned long)task)
		if (guest->owner == task)
			found = guest;
	spin_unlock_irqrestore(&owners_lock, flags);
	return found;
}

static void watch_out(struct preempt_notifier *watch, struct task_struct *next)
{
	struct hijack_guest *guest = container_of(watch, struct hijack_guest, watch);

	if (task_is_running(current))
		return;
	WRITE_ONCE(guest->blocked, true);
	/* It sleeps, so the executive need not wait for it. */
	if (READ_ONCE(guest->session->idle))
		irq_work_queue(&guest->session->nudge);
}

/*
 * A task wakes up.  If it is an owner and the executive keeps the processor from
 * it, then the executive must know.
 * Context: scheduler, interrupts off, its locks held.
 */
void hijack_owner_wakes(struct task_struct *task)
{
	struct hijack_guest *guest;

	if (hlist_empty(&task->preempt_notifiers))	/* nearly all */
		return;
	spin_lock(&owners_lock);	/* keeps the guest, whose owner need not be current */
	hash_for_each_possible(owners, guest, owner_link, (unsigned long)task) {
		if (guest->owner != task || !READ_ONCE(guest->blocked))
			continue;
		WRITE_ONCE(guest->blocked, false);
		if (READ_ONCE(guest->session->idle))
			continue;
		WRITE_ONCE(guest->session->woken, true);
		irq_work_queue(&guest->session->nudge);
	}
	spin_unlock(&owners_lock);
}

static void watch_in(struct preempt_notifier *watch, int cpu)
{
}

static struct preempt_ops watch_ops = { .sched_in = watch_in, .sched_out = watch_out };

/*
 * The area of restartable sequences would be updated only when the owner goes to
 * user mode, so it is unregistered, as rseq(2) does it: the C library then asks
 * the kernel instead.  May sleep.
 */
static void drop_rseq(void)
{
#ifdef CONFIG_RSEQ
	struct rseq __user *area = current->rseq;

	if (!area)
		return;
	rseq_execve(current);
	if (put_user(0U, &area->cpu_id_start) || put_user((u32)RSEQ_CPU_ID_UNINITIALIZED, &area->cpu_id))
		force_sig(SIGSEGV);
#endif
}

/* Context: the owner; may sleep. */
void hijack_hire(struct hijack_guest *guest)
{
	drop_rseq();
	preempt_notifier_init(&guest->watch, &watch_ops);
	preempt_disable();
	preempt_notifier_register(&guest->watch);
	guest->watched = true;
	preempt_enable();
}

/* The owner is none any more.  Context: the owner, preemption may be off. */
void hijack_resign(struct hijack_guest *guest)
{
	struct hijack_session *session = guest->session;
	unsigned long flags;

	preempt_disable();
	if (guest->watched)
		preempt_notifier_unregister(&guest->watch);
	guest->watched = false;
	preempt_enable();
	spin_lock_irqsave(&owners_lock, flags);
	hash_del(&guest->owner_link);
	spin_unlock_irqrestore(&owners_lock, flags);
	spin_lock_irqsave(&session->spin, flags);
	guest->place = PLACE_GONE;
	hijack_post(guest, OSEXT_HIJACK_EVENT_GONE);
	spin_unlock_irqrestore(&session->spin, flags);
}

/* What a guest leaves when nobody refers to it any more.  May sleep. */
void hijack_lay_off(struct hijack_guest *guest)
{
	hijack_leave_memory(guest);
	if (guest->owner)
		put_task_struct(guest->owner);
	hijack_vfork_done(guest);
}

static void bury(struct work_struct *work)
{
	hijack_guest_put(container_of(work, struct hijack_guest, burial));
}

/*
 * Makes `task`, which is current or was just forked by it, the owner as soon as
 * it goes to user mode.  The owner keeps the caller's reference.
 * Context: any, the task does not exit meanwhile.
 */
void hijack_own(struct hijack_guest *guest, struct task_struct *task)
{
	unsigned long flags;

	guest->owner = get_task_struct(task);
	spin_lock_irqsave(&owners_lock, flags);
	hash_add(owners, &guest->owner_link, (unsigned long)task);
	guest->session->statistics.joins++;
	spin_unlock_irqrestore(&owners_lock, flags);
	INIT_WORK(&guest->burial, bury);
	init_task_work(&guest->adoption, hijack_drive);
	task_work_add(task, &guest->adoption, TWA_RESUME);
}

/* Context: tracepoint, in the parent, before the child runs. */
void hijack_owner_forks(struct task_struct *child)
{
	struct hijack_guest *parent = hijack_guest_of(current);
	struct hijack_guest *newborn = parent ? parent->newborn : NULL;

	if (!newborn)
		return;
	parent->newborn = NULL;
	hijack_own(newborn, child);
}

/* Context: tracepoint, in the dying task, preemption off. */
void hijack_owner_exits(struct task_struct *task)
{
	struct hijack_guest *guest = hijack_guest_of(task);

	if (!guest)
		return;
	hijack_resign(guest);
	queue_work(hijack_workqueue, &guest->burial);
}
