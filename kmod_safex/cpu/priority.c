// SPDX-License-Identifier: GPL-2.0
/*
 * Raising and lowering threads.  The scheduler does not let a softirq change a thread's
 * priority, so a kernel thread above all of those it raises does.  Only the newest
 * wish counts.
 */
#include <linux/err.h>
#include <linux/sched/task.h>

#include "cpu.h"

/* Above the raised threads, so that a raised one can be lowered. */
#define CHANGER_PRIORITY (OSEXT_SAFEX_CPU_PRIORITY + 1)

static struct kthread_worker *changer;

static int set(struct safex_cpu_task *task, const struct sched_attr *attributes)
{
	int error;

	if (READ_ONCE(task->task->flags) & PF_EXITING)
		return -ESRCH;
	error = sched_setattr_nocheck(task->task, attributes);
	if (error) {
		spin_lock_bh(&task->lock);
		task->counts.refused++;
		spin_unlock_bh(&task->lock);
	}
	return error;
}

/* Context: the changer, may sleep. */
static void change(struct kthread_work *work)
{
	struct safex_cpu_task *task = container_of(work, struct safex_cpu_task, change);
	bool raise = READ_ONCE(task->raise_wanted);
	/* What it forks gets neither the priority nor a reservation. */
	struct sched_attr raised = {
		.size = sizeof(raised),
		.sched_policy = SCHED_FIFO,
		.sched_priority = OSEXT_SAFEX_CPU_PRIORITY,
		.sched_flags = SCHED_FLAG_RESET_ON_FORK,
	};

	if (raise == task->raised || set(task, raise ? &raised : &task->own))
		return;
	task->raised = raise;
	spin_lock_bh(&task->lock);
	if (raise)
		task->counts.raises++;
	else
		task->counts.lowers++;
	spin_unlock_bh(&task->lock);
}

void safex_cpu_priority_begin(struct safex_cpu_task *task)
{
	struct task_struct *thread = task->task;

	kthread_init_work(&task->change, change);
	task->own.size = sizeof(task->own);
	task->own.sched_policy = thread->policy;
	task->own.sched_priority = thread->rt_priority;
	task->own.sched_nice = task_nice(thread);
	if (thread->sched_reset_on_fork)
		task->own.sched_flags = SCHED_FLAG_RESET_ON_FORK;
}

void safex_cpu_priority_want(struct safex_cpu_task *task, bool raised)
{
	if (!(task->flags & OSEXT_SAFEX_CPU_RAISE) || task->raise_wanted == raised)
		return;
	WRITE_ONCE(task->raise_wanted, raised);
	kthread_queue_work(changer, &task->change);
}

/* What somebody else has set meanwhile stays. */
void safex_cpu_priority_end(struct safex_cpu_task *task)
{
	kthread_cancel_work_sync(&task->change);
	if (task->raised && task->task->policy == SCHED_FIFO &&
	    task->task->rt_priority == OSEXT_SAFEX_CPU_PRIORITY)
		set(task, &task->own);
	task->raised = false;
}

void safex_cpu_queue(struct kthread_work *work)
{
	kthread_queue_work(changer, work);
}

u64 safex_cpu_priority_time(void)
{
	return safex_cpu_time(changer->task);
}

int safex_cpu_priority_init(void)
{
	struct sched_attr above_all = {
		.size = sizeof(above_all),
		.sched_policy = SCHED_FIFO,
		.sched_priority = CHANGER_PRIORITY,
	};
	int error;

	changer = kthread_create_worker(0, "osext_safex_cpu");
	if (IS_ERR(changer))
		return PTR_ERR(changer);
	error = sched_setattr_nocheck(changer->task, &above_all);
	if (error)
		kthread_destroy_worker(changer);
	return error;
}

void safex_cpu_priority_exit(void)
{
	kthread_destroy_worker(changer);
}
