// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a thread may run: while it had less than its timeslice in this period, and no
 * more than its target on average of this period and the one before.  The manager looks
 * every 10 ms, so a thread can have up to that much too much; the average takes it
 * back from the next period.
 */
#include "cpu.h"

static u64 had_now(const struct safex_cpu_task *task)
{
	return task->history.total_ns[task->history.newest] - task->period_began;
}

bool safex_cpu_is_unsafe(const struct safex_cpu_task *task)
{
	return !osext_cpu_is_qos_safe(task->had_before, had_now(task), task->target);
}

static void begin_period(struct safex_cpu_task *task)
{
	task->had_before = had_now(task);
	task->period_began += task->had_before;
	task->sample = 0;
	task->counts.periods++;
	if (task->had_before > task->timeslice)
		task->counts.overrun_max_ns = max_t(u64, task->counts.overrun_max_ns,
						    task->had_before - task->timeslice);
}

/* `samples` have passed since the last one: more than one if the softirq was late. */
void safex_cpu_account(struct safex_cpu_task *task, u32 samples)
{
	u64 time = safex_cpu_time(task->task);

	spin_lock(&task->lock);
	task->counts.samples++;
	while (samples--) {
		osext_cpu_note(&task->history, time);
		if (++task->sample == task->period_samples)
			begin_period(task);
	}
	spin_unlock(&task->lock);
}

void safex_cpu_enforce(struct safex_cpu_task *task)
{
	bool dead = READ_ONCE(task->task->flags) & PF_EXITING, may_run;

	spin_lock(&task->lock);
	if (task->over) {
		spin_unlock(&task->lock);
		return;
	}
	task->unsafe = safex_cpu_is_unsafe(task);
	may_run = !dead && !task->unsafe && had_now(task) < task->timeslice;
	if (task->unsafe)
		task->counts.unsafe++;
	if (may_run)
		safex_cpu_unblock(task);
	else if (!dead && !(task->flags & OSEXT_SAFEX_CPU_KEEP))
		safex_cpu_block(task);
	if (task->unsafe && task->blocked)
		task->counts.unsafe_blocked++;
	safex_cpu_priority_want(task, may_run);
	spin_unlock(&task->lock);
}
