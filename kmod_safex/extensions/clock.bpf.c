// SPDX-License-Identifier: GPL-2.0
/* An example for timers: notes when each one came, and wakes who waits for it. */
#include "safex.h"

#define TIMES 1024

SAFEX_ATTRIBUTE(come);

safex_u64 times_ns[TIMES], count;

SAFEX_EXTENSION(clock)
{
	safex_capability *sleeper = safex_acquire(0);
	safex_u64 number = count;

	if (number < TIMES)
		times_ns[number] = safex_time_ns();
	count = number + 1;
	if (!sleeper)
		return 0;
	safex_set_attribute(sleeper, come, count);
	safex_release(sleeper);
	return 0;
}
