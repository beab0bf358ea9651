// SPDX-License-Identifier: GPL-2.0
/*
 * The slides' guard: the timeslice of a thread is its target and the adjustment, never
 * negative, if its CPU utilization is QoS safe; else the thread is blocked.  And no
 * timeslice reaches into what others have reserved, whatever a handler asks for.
 */
#include "../cpu/cpu.h"
#include "../cpu/guards.h"
#include "../kmod.h"
#include "../protection.h"

static int apply(struct safex_cpu_task *task, struct safex_attribute *attribute, s64 adjustment)
{
	u64 timeslice = osext_cpu_timeslice(task->target, adjustment);
	u64 longest = safex_is_on(SAFEX_ISOLATION) ? safex_cpu_longest(task) : task->period;

	if (task->over)
		return -ESRCH;
	if (safex_cpu_is_unsafe(task)) {
		task->unsafe = true;
		if (!(task->flags & OSEXT_SAFEX_CPU_KEEP))
			safex_cpu_block(task);
		return 0;
	}
	if (timeslice > longest) {
		timeslice = longest;
		task->counts.trimmed++;
	}
	WRITE_ONCE(task->timeslice, timeslice);
	task->counts.least_timeslice_ns = min(task->counts.least_timeslice_ns, (s64)timeslice);
	WRITE_ONCE(attribute->value, (s64)timeslice - (s64)task->target);
	return 0;
}

/* -ERANGE: more than a period, either way. */
static int set(struct safex_class *class, struct safex_attribute *attribute, s64 value)
{
	struct safex_cpu_task *task = class->subject;
	int error;

	if (value > (s64)task->period || value < -(s64)task->period)
		return -ERANGE;
	spin_lock(&safex_cpu_room);
	spin_lock(&task->lock);
	error = apply(task, attribute, value);
	spin_unlock(&task->lock);
	spin_unlock(&safex_cpu_room);
	return error;
}

const struct safex_guard safex_guard_timeslice = { .name = "timeslice", .set = set };
