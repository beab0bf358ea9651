// SPDX-License-Identifier: GPL-2.0
/*
 * The end of hosts that do not know that they are: processes that were injected do not keep the
 * module from being unloaded, and many sleep for as long as the machine runs.  So they
 * are made to leave from outside: all at once while no host is on any CPU, and then
 * their mappings one by one.  A mapping may outlive its host, in a process that shares the
 * host's memory or in the other threads of one whose first has ended; so there is a
 * list of mappings, too.
 *
 * There are no extensions any more, so nobody is in an upcall.
 */
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/stop_machine.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "uls.h"

static LIST_HEAD(ejected);
static LIST_HEAD(mappings);	/* of injected hosts, under uls_lock */

/* May sleep. */
void uls_mapping_begins(struct uls_host *host)
{
	if (!host->injected)
		return;
	uls_lock_irq();
	list_add_tail(&host->in_mappings, &mappings);
	uls_unlock_irq();
}

/* The mapping's file is about to put its reference.  May sleep. */
void uls_mapping_ends(struct uls_host *host)
{
	uls_lock_irq();
	list_del_init(&host->in_mappings);
	uls_unlock_irq();
}

/* With a reference; NULL: there is none any more. */
static struct uls_host *take_mapping(void)
{
	struct uls_host *host;

	uls_lock_irq();
	host = list_first_entry_or_null(&mappings, struct uls_host, in_mappings);
	if (host) {
		list_del_init(&host->in_mappings);
		kref_get(&host->references);
	}
	uls_unlock_irq();
	return host;
}

/* What the host itself would do on its next way to user mode, which is to come. */
static void restore(struct uls_host *host)
{
	struct task_struct *task = host->task;

	*task_pt_regs(task) = host->program;
	clear_task_syscall_work(task, SYSCALL_EMU);
	task->blocked = host->blocked;
	set_tsk_thread_flag(task, TIF_SIGPENDING);	/* have it looked at what waits */
	host->place = ULS_OUT;
}

/*
 * What waits for the host's way to user mode is not waited for: it may sleep until then for
 * as long as it likes.  Who has taken his work already, to do it, does it soon.
 */
static void cancel_task_work(struct uls_host *host)
{
	struct callback_head **at = &host->task->task_works;

	for (; *at; at = &(*at)->next)
		if (*at == &host->work) {
			*at = host->work.next;
			host->work_queued = false;
			uls_host_put(host);	/* not the last reference */
			return;
		}
}

/* Context: every CPU is in the stopper, interrupts off: no host runs, and no spin lock is held. */
static int detach_all(void *unused)
{
	struct uls_host *host, *next;

	list_for_each_entry_safe(host, next, &uls_all_hosts, in_hosts) {
		hlist_del(&host->watch.link);
		if (host->place == ULS_LEFT)
			restore(host);
		if (host->held)
			uls_release_fault(host);
		if (host->work_queued)
			cancel_task_work(host);
		host->joined = false;
		atomic_dec(&uls_hosts);
		list_move_tail(&host->in_hosts, &ejected);
	}
	return 0;
}

/* A thread of the kernel's, or the last reference of a mapping's file would be put only when rmmod returns. */
static void unmap_all(struct work_struct *work)
{
	struct uls_host *host, *next;

	while ((host = take_mapping())) {
		struct mm_struct *mm = host->mapped_in;

		if (mmget_not_zero(mm)) {	/* else it is being unmapped */
			kthread_use_mm(mm);	/* unmapping is for who is in the memory */
			uls_unmap(host);
			kthread_unuse_mm(mm);
			mmput(mm);
		}
		uls_host_put(host);
		cond_resched();
	}
	list_for_each_entry_safe(host, next, &ejected, in_hosts) {
		list_del(&host->in_hosts);
		uls_host_put(host);
	}
}

/* May sleep; nobody joins any more. */
void uls_eject_all(void)
{
	struct work_struct work;

	stop_machine(detach_all, NULL, NULL);
	INIT_WORK_ONSTACK(&work, unmap_all);
	schedule_work(&work);
	flush_work(&work);
	destroy_work_on_stack(&work);
}
