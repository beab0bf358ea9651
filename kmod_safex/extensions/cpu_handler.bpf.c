// SPDX-License-Identifier: GPL-2.0
/*
 * The slides' handler: adjusts a task's timeslice by a PID function of its errors.  One
 * program serves several tasks, each in a set of its own.
 */
#include <osext/cpu_service.h>

#include "safex.h"

SAFEX_ATTRIBUTE(target_cpu);
SAFEX_ATTRIBUTE(timeslice_adjustment);

#define TASKS 16	/* a power of two, and as many as an extension has sets */

/* Which of the two forms; written by whoever loads it, before the first event. */
safex_u32 form = OSEXT_CPU_PID_PRINTED;
struct osext_cpu_pid tasks[TASKS] = {};

SAFEX_EXTENSION(cpu_handler)
{
	struct osext_cpu_pid *pid = &tasks[safex_event_set() & (TASKS - 1)];
	safex_capability *task = safex_acquire(0);
	safex_s64 target;

	if (!task)
		return 0;
	target = safex_get_attribute(task, target_cpu);
	if (target != SAFEX_NO_VALUE)
		safex_set_attribute(task, timeslice_adjustment,
				    osext_cpu_adjust(pid, form, safex_event_value(), target));
	safex_release(task);
	return 0;
}
