// SPDX-License-Identifier: GPL-2.0
/* An extension that goes on for years if its event has a value, and ends at once if not. */
#include "safex.h"

static safex_u64 sink;

static long count(safex_u32 round, void *context)
{
	(void)context;
	sink += round;
	return 0;
}

static long count_often(safex_u32 round, void *context)
{
	(void)round, (void)context;
	safex_loop(1 << 23, count, 0, 0);
	return 0;
}

SAFEX_EXTENSION(endless)
{
	if (safex_event_value())
		safex_loop(1 << 23, count_often, 0, 0);
	safex_answer(1);
	return 0;
}
