// SPDX-License-Identifier: GPL-2.0
/* The slides' monitor: what a task lacks of its target in the last period. */
#include "safex.h"

SAFEX_ATTRIBUTE(target_cpu);
SAFEX_ATTRIBUTE(actual_cpu);
SAFEX_EVENT(error);

SAFEX_EXTENSION(cpu_monitor)
{
	safex_capability *task = safex_acquire(0);
	safex_s64 target, actual;

	if (!task)
		return 0;
	target = safex_get_attribute(task, target_cpu);
	actual = safex_get_attribute(task, actual_cpu);
	if (target != SAFEX_NO_VALUE && actual != SAFEX_NO_VALUE)
		safex_raise_event(task, error, target - actual);
	safex_release(task);
	return 0;
}
