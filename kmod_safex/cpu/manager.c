// SPDX-License-Identifier: GPL-2.0
/*
 * The bottom half that manages: a timer whose softirq looks at every managed thread each
 * 10 ms, whatever else runs.  It runs while there is a reservation.
 */
#include <linux/hrtimer.h>
#include <linux/sched/clock.h>

#include "cpu.h"

static DEFINE_SPINLOCK(table);	/* bottom halves off */
static struct safex_cpu_task *tasks[OSEXT_SAFEX_CPU_TASKS_MAX];
static struct hrtimer timer;
static u32 managed;	/* under the admission's mutex */
static u64 samples_taken, busy;	/* of the softirq */

static void sample(struct safex_cpu_task *task, u32 samples)
{
	safex_cpu_account(task, samples);
	safex_cpu_adapt(task);
	safex_cpu_enforce(task);
}

/* With a reference, or NULL.  Context: bottom halves off. */
static struct safex_cpu_task *get_task(u32 place)
{
	struct safex_cpu_task *task;

	spin_lock(&table);
	task = tasks[place];
	if (task)
		refcount_inc(&task->references);
	spin_unlock(&table);
	return task;
}

/*
 * Context: softirq, on one CPU at a time.  No lock is held while it looks at a thread, and
 * nobody waits for a grace period when one is let go: with a real-time thread in
 * its way that could take for ever.
 */
static enum hrtimer_restart sample_all(struct hrtimer *expired)
{
	u64 began = local_clock();
	u32 samples = hrtimer_forward_now(expired, ns_to_ktime(OSEXT_SAFEX_CPU_SAMPLE_NS));
	struct safex_cpu_task *task;
	u32 place;

	for (place = 0; place < OSEXT_SAFEX_CPU_TASKS_MAX; place++) {
		task = get_task(place);
		if (!task)
			continue;
		sample(task, samples);
		safex_cpu_put(task);
	}
	WRITE_ONCE(samples_taken, samples_taken + 1);
	WRITE_ONCE(busy, busy + local_clock() - began);
	return HRTIMER_RESTART;
}

void safex_cpu_manage(u32 place, struct safex_cpu_task *task)
{
	spin_lock_bh(&table);
	tasks[place] = task;
	spin_unlock_bh(&table);
	if (!managed++)
		hrtimer_start(&timer, ns_to_ktime(OSEXT_SAFEX_CPU_SAMPLE_NS), HRTIMER_MODE_REL_SOFT);
}

void safex_cpu_let_go(u32 place)
{
	struct safex_cpu_task *task = tasks[place];

	spin_lock_bh(&table);
	tasks[place] = NULL;
	spin_unlock_bh(&table);
	spin_lock_bh(&task->lock);
	task->over = true;
	spin_unlock_bh(&task->lock);
	if (!--managed)
		hrtimer_cancel(&timer);
}

struct safex_cpu_task *safex_cpu_task_at(u32 place)
{
	return tasks[place];
}

u32 safex_cpu_sum_others(const struct safex_cpu_task *task, u32 (*share)(const struct safex_cpu_task *))
{
	u32 place, sum = 0;

	spin_lock_bh(&table);
	for (place = 0; place < OSEXT_SAFEX_CPU_TASKS_MAX; place++)
		if (tasks[place] && tasks[place] != task && !(READ_ONCE(tasks[place]->task->flags) & PF_EXITING))
			sum += share(tasks[place]);
	spin_unlock_bh(&table);
	return sum;
}

void safex_cpu_trim_all(void)
{
	u32 place;

	spin_lock_bh(&table);
	for (place = 0; place < OSEXT_SAFEX_CPU_TASKS_MAX; place++)
		if (tasks[place] && tasks[place]->timeslice > tasks[place]->target)
			WRITE_ONCE(tasks[place]->timeslice, tasks[place]->target);
	spin_unlock_bh(&table);
}

void safex_cpu_manager_counts(struct osext_safex_cpu_list *list)
{
	list->samples = READ_ONCE(samples_taken);
	list->busy_ns = READ_ONCE(busy);
	list->changing_ns = safex_cpu_priority_time();
}

void safex_cpu_manager_init(void)
{
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
	timer.function = sample_all;
}

void safex_cpu_manager_exit(void)
{
	hrtimer_cancel(&timer);
}
