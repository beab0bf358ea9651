// SPDX-License-Identifier: GPL-2.0
/* An example: counts events in an attribute, and answers how many there were. */
#include "safex.h"

SAFEX_ATTRIBUTE(events);

SAFEX_EXTENSION(count)
{
	safex_capability *counter = safex_acquire(0);
	safex_s64 before;

	if (!counter)
		return 0;
	before = safex_get_attribute(counter, events);
	if (before != SAFEX_NO_VALUE && safex_set_attribute(counter, events, before + 1) == 0)
		safex_answer(before + 1);
	safex_release(counter);
	return 0;
}
