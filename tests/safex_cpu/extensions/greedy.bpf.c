// SPDX-License-Identifier: GPL-2.0
/* A handler that asks for a whole period for its task, whatever the error. */
#include "safex.h"

SAFEX_ATTRIBUTE(target_cpu);
SAFEX_ATTRIBUTE(timeslice_adjustment);

safex_u32 form = 0;	/* as the other handler has it */

SAFEX_EXTENSION(cpu_handler)
{
	safex_capability *task = safex_acquire(0);
	safex_s64 target;

	if (!task)
		return 0;
	target = safex_get_attribute(task, target_cpu);
	if (target != SAFEX_NO_VALUE)
		safex_set_attribute(task, timeslice_adjustment, 9 * target + form);
	safex_release(task);
	return 0;
}
