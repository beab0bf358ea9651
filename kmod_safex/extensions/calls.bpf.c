// SPDX-License-Identifier: GPL-2.0
/* An example for system calls: counts those of the watched thread, and those of one number. */
#include "safex.h"

SAFEX_ATTRIBUTE(number);
SAFEX_ATTRIBUTE(seen);
SAFEX_ATTRIBUTE(wanted);

SAFEX_EXTENSION(calls)
{
	safex_capability *tracer = safex_acquire(0);

	if (!tracer)
		return 0;
	safex_set_attribute(tracer, seen, safex_get_attribute(tracer, seen) + 1);
	if (safex_event_value() == safex_get_attribute(tracer, number))
		safex_set_attribute(tracer, wanted, safex_get_attribute(tracer, wanted) + 1);
	safex_release(tracer);
	return 0;
}
