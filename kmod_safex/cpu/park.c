// SPDX-License-Identifier: GPL-2.0
/*
 * Blocking a thread: work that it does on its way to user mode, and that ends when it
 * may run again.  There it holds none of the kernel's locks.  A thread that is asleep in a
 * system call, or at work in one, comes to it when that returns; the work is taken
 * back from there at the end.
 *
 * The work holds a reference to the module, which is given back by code of the module:
 * safex_cpu_exit() waits until nobody is on the way out of it.
 */
#include <linux/freezer.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/task_work.h>

#include "cpu.h"

void safex_cpu_put(struct safex_cpu_task *task)
{
	if (!refcount_dec_and_test(&task->references))
		return;
	put_task_struct(task->task);
	kfree(task);
}

static void let_go_of_work(struct safex_cpu_task *task)
{
	safex_cpu_put(task);
	module_put(THIS_MODULE);
}

/* Sleeps until the thread is not blocked, or killed. */
static void sleep_while_blocked(struct safex_cpu_task *task)
{
	for (;;) {
		set_current_state(TASK_KILLABLE | TASK_FREEZABLE);
		if (!READ_ONCE(task->blocked) || fatal_signal_pending(current))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

/* Context: the thread itself, may sleep. */
static void park(struct callback_head *work)
{
	struct safex_cpu_task *task = container_of(work, struct safex_cpu_task, park);
	bool over;

	do {
		spin_lock_bh(&task->lock);
		task->parked = true;
		spin_unlock_bh(&task->lock);
		if (!(current->flags & PF_EXITING))
			sleep_while_blocked(task);
		spin_lock_bh(&task->lock);
		/* Blocked again since it woke: the work is not queued a second time, so it goes on. */
		over = !task->blocked || fatal_signal_pending(current) || current->flags & PF_EXITING;
		task->parked = false;
		if (over)
			task->queued = false;
		spin_unlock_bh(&task->lock);
	} while (!over);
	let_go_of_work(task);
}

void safex_cpu_block(struct safex_cpu_task *task)
{
	if (task->blocked)
		return;
	WRITE_ONCE(task->blocked, true);
	task->counts.blocks++;
	if (task->queued)
		return;
	init_task_work(&task->park, park);
	refcount_inc(&task->references);
	__module_get(THIS_MODULE);
	task->queued = true;
	if (task_work_add(task->task, &task->park, TWA_RESUME)) {	/* it is exiting */
		task->queued = false;
		refcount_dec(&task->references);
		module_put(THIS_MODULE);
		return;
	}
	kick_process(task->task);
}

void safex_cpu_unblock(struct safex_cpu_task *task)
{
	if (!task->blocked)
		return;
	WRITE_ONCE(task->blocked, false);
	if (task->parked)	/* else it sleeps elsewhere, if at all */
		wake_up_process(task->task);
}

static bool is_same(struct callback_head *work, void *wanted)
{
	return work == wanted;
}

void safex_cpu_unblock_for_good(struct safex_cpu_task *task)
{
	spin_lock_bh(&task->lock);
	safex_cpu_unblock(task);
	spin_unlock_bh(&task->lock);
	if (safex_cpu_cancel_work(task->task, is_same, &task->park))
		let_go_of_work(task);
}
