// SPDX-License-Identifier: GPL-2.0
/*
 * The end of hosts that do not know that they are: processes that were injected do not keep the
 * module from being unloaded, and many sleep for as long as the machine runs.  So they
 * are made to leave from outside: all at once while no host is on any CPU, and then
 * their mappings one by one.
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

/* Context: every CPU is in the stopper, interrupts off: no host runs, and no spin lock is held. */
static int detach_all(void *unused)
{
	struct uls_host *host, *next;

	list_for_each_entry_safe(host, next, &uls_all_hosts, in_hosts) {
		struct mm_struct *mm = host->task->mm;

		hlist_del(&host->watch.link);
		if (host->place == ULS_LEFT)
			restore(host);
		host->joined = false;
		atomic_dec(&uls_hosts);
		/* In the midst of an execve it is another one already, and the sandbox is gone. */
		if (mm != host->mm || !mmget_not_zero(mm))
			host->mm = NULL;
		list_move_tail(&host->in_hosts, &ejected);
	}
	return 0;
}

/* A thread of the kernel's, or the last reference of a mapping's file would be put only when rmmod returns. */
static void unmap_all(struct work_struct *work)
{
	struct uls_host *host, *next;

	list_for_each_entry_safe(host, next, &ejected, in_hosts) {
		list_del(&host->in_hosts);
		if (host->mm) {
			kthread_use_mm(host->mm);	/* unmapping is for who is in the memory */
			uls_unmap(host);
			kthread_unuse_mm(host->mm);
			mmput(host->mm);
		}
		uls_host_put(host);
		cond_resched();
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
