// SPDX-License-Identifier: GPL-2.0
/*
 * The bottom half that manages: a timer whose softirq looks at every managed thread each
 * 10 ms, whatever else runs.  It runs while there is a reservation.
 *
 * Kernels before 6.4 leave softirqs to ksoftirqd while that is runnable, which a real-time
 * thread keeps from running, one that the manager itself has raised too.  So a second
 * timer, in the interrupt, sees that samples are taken, and has the thread that changes
 * priorities take them when they are not: with bottom halves off, as in one.
 */
#include <linux/hrtimer.h>
#include <linux/math64.h>
#include <linux/timekeeping.h>

#include "cpu.h"

static DEFINE_SPINLOCK(table);	/* bottom halves off */
static struct safex_cpu_task *tasks[OSEXT_SAFEX_CPU_TASKS_MAX];
static struct hrtimer timer, watchdog;
static struct kthread_work instead;
static unsigned long taking;	/* bit 0: somebody takes samples */
static u64 sampled;	/* time up to which they are taken, ns */
static u64 samples_seen;	/* by the watchdog */
static u64 by_thread;	/* samples */
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

static void sample_all(u32 samples)
{
	struct safex_cpu_task *task;
	u32 place;

	for (place = 0; place < OSEXT_SAFEX_CPU_TASKS_MAX; place++) {
		task = get_task(place);
		if (!task)
			continue;
		sample(task, samples);
		safex_cpu_put(task);
	}
}

/*
 * Context: softirq, or bottom halves off.  No lock is held while it looks at a thread, and
 * nobody waits for a grace period when one is let go: with a real-time thread in
 * its way that could take for ever.
 */
static void take_samples(void)
{
	u64 began, passed;

	if (test_and_set_bit_lock(0, &taking))
		return;
	began = ktime_get_ns();
	/* The timer's grid: half a sample is near enough. */
	passed = div_u64(began - sampled + OSEXT_SAFEX_CPU_SAMPLE_NS / 2, OSEXT_SAFEX_CPU_SAMPLE_NS);
	if (passed) {
		sampled += passed * OSEXT_SAFEX_CPU_SAMPLE_NS;
		sample_all(min_t(u64, passed, OSEXT_CPU_HISTORY));
		WRITE_ONCE(samples_taken, samples_taken + 1);
		WRITE_ONCE(busy, busy + ktime_get_ns() - began);
	}
	clear_bit_unlock(0, &taking);
}

/* Context: softirq. */
static enum hrtimer_restart expired(struct hrtimer *hrtimer)
{
	hrtimer_forward_now(hrtimer, ns_to_ktime(OSEXT_SAFEX_CPU_SAMPLE_NS));
	take_samples();
	return HRTIMER_RESTART;
}

/* Context: a hard interrupt. */
static enum hrtimer_restart watch(struct hrtimer *hrtimer)
{
	u64 taken = READ_ONCE(samples_taken);

	hrtimer_forward_now(hrtimer, ns_to_ktime(2 * OSEXT_SAFEX_CPU_SAMPLE_NS));
	if (taken == samples_seen)
		safex_cpu_queue(&instead);
	samples_seen = taken;
	return HRTIMER_RESTART;
}

/* Context: the thread that changes priorities, may sleep. */
static void take_samples_instead(struct kthread_work *work)
{
	local_bh_disable();
	take_samples();
	local_bh_enable();
	WRITE_ONCE(by_thread, by_thread + 1);
}

void safex_cpu_manage(u32 place, struct safex_cpu_task *task)
{
	spin_lock_bh(&table);
	tasks[place] = task;
	spin_unlock_bh(&table);
	if (managed++)
		return;
	sampled = ktime_get_ns();
	hrtimer_start(&timer, ns_to_ktime(OSEXT_SAFEX_CPU_SAMPLE_NS), HRTIMER_MODE_REL_SOFT);
	hrtimer_start(&watchdog, ns_to_ktime(2 * OSEXT_SAFEX_CPU_SAMPLE_NS), HRTIMER_MODE_REL_HARD);
}

/* The watchdog first: it begins what the others end. */
static void stop(void)
{
	hrtimer_cancel(&watchdog);
	kthread_cancel_work_sync(&instead);
	hrtimer_cancel(&timer);
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
		stop();
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
	list->by_thread = READ_ONCE(by_thread);
	list->samples = READ_ONCE(samples_taken);
	list->busy_ns = READ_ONCE(busy);
	list->changing_ns = safex_cpu_priority_time();
}

void safex_cpu_manager_init(void)
{
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
	timer.function = expired;
	hrtimer_init(&watchdog, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	watchdog.function = watch;
	kthread_init_work(&instead, take_samples_instead);
}

void safex_cpu_manager_exit(void)
{
	stop();
}
