// SPDX-License-Identifier: GPL-2.0
/* Extensions of the tests: well-behaved ones, and each kind of misbehaviour. */
#include "safex.h"

SAFEX_ATTRIBUTE(actual);
SAFEX_ATTRIBUTE(target);
SAFEX_ATTRIBUTE(adjustment);
SAFEX_EVENT(error);
SAFEX_EVENT(again);

safex_u64 runs, last_set, calls;
safex_s64 last_value, last_result;
safex_s64 sum[16];
static safex_u64 sink;

#define BEGIN_OR_RETURN(name) \
	safex_capability *name = safex_acquire(0); \
	runs++; \
	if (!name) \
		return 0

/* What it costs to run an extension at all. */
SAFEX_EXTENSION(idle)
{
	return 0;
}

/* The slides' two: the error of a task goes to the handler, which adapts it. */
SAFEX_EXTENSION(monitor)
{
	BEGIN_OR_RETURN(task);
	safex_raise_event(task, error, safex_get_attribute(task, target) - safex_get_attribute(task, actual));
	safex_release(task);
	return 0;
}

SAFEX_EXTENSION(handler)
{
	safex_u32 set = safex_event_set() & 15;
	BEGIN_OR_RETURN(task);

	sum[set] += safex_event_value();
	last_result = safex_set_attribute(task, adjustment, sum[set]);
	safex_answer(sum[set]);
	safex_release(task);
	return 0;
}

/* Writes what it is told, and answers what came of it. */
SAFEX_EXTENSION(writer)
{
	BEGIN_OR_RETURN(task);
	last_value = safex_event_value();
	last_set = safex_event_set();
	last_result = safex_set_attribute(task, adjustment, last_value);
	safex_answer(last_result);
	safex_release(task);
	return 0;
}

SAFEX_EXTENSION(reader)
{
	BEGIN_OR_RETURN(task);
	safex_answer(safex_get_attribute(task, actual));
	safex_release(task);
	return 0;
}

/* Counts values, which are few. */
safex_u64 seen[512];
safex_s64 last_large;

SAFEX_EXTENSION(seer)
{
	runs++;
	last_value = safex_event_value();
	if (last_value >= 0 && last_value < 512)
		seen[last_value & 511]++;
	else
		last_large = last_value;
	return 0;
}

/* Drops packets that begin with a d. */
SAFEX_EXTENSION(filter)
{
	runs++;
	last_value = safex_event_value();
	if ((last_value & 255) == 'd')
		safex_answer(1);
	return 0;
}

/* Holds one capability while it is told to, and uses it: the value says how often. */
static long use(safex_u32 round, void *context)
{
	safex_capability *task = safex_acquire(0);

	(void)round, (void)context;
	if (!task)
		return 1;
	calls++;
	last_result = safex_set_attribute(task, adjustment, 1);
	safex_release(task);
	return last_result != 0;
}

SAFEX_EXTENSION(user)
{
	runs++;
	safex_loop(safex_event_value() & 0x7fffff, use, 0, 0);
	safex_answer(last_result);
	return 0;
}

/* One capability, held all the time: revoked in its hands, it is of no use any more. */
SAFEX_EXTENSION(holder)
{
	safex_u32 round;
	BEGIN_OR_RETURN(task);

	last_result = 0;
	for (round = 0; round < 4000; round++) {
		safex_s64 result = safex_set_attribute(task, adjustment, 1);

		last_result |= result;
		calls += 1 + result;	/* no branch: the verifier follows every one; 0 counts, -1 does not */
	}
	safex_answer(last_result);
	safex_release(task);
	return 0;
}

/* Raises an event for every one that it gets, and one that nobody takes. */
SAFEX_EXTENSION(looper)
{
	BEGIN_OR_RETURN(task);
	last_result = safex_raise_event(task, again, safex_event_value() + 1);
	safex_answer(runs);
	safex_release(task);
	return 0;
}

SAFEX_EXTENSION(stormer)
{
	safex_u32 i;
	BEGIN_OR_RETURN(task);

	for (i = 0; i < 100; i++)
		if (safex_raise_event(task, error, i) == 0)
			calls++;
	safex_answer(calls);
	safex_release(task);
	return 0;
}

/* --- runaways: they end, but not before their budget does ------------------ */

static long count(safex_u32 round, void *context)
{
	(void)context;
	sink += round * sink + 1;
	return 0;
}

static long count_more(safex_u32 round, void *context)
{
	(void)round, (void)context;
	safex_loop(1 << 23, count, 0, 0);
	return 0;
}

SAFEX_EXTENSION(nested)
{
	BEGIN_OR_RETURN(task);
	safex_loop(1 << 23, count_more, 0, 0);
	safex_release(task);
	return 0;
}

SAFEX_EXTENSION(nested_alone)
{
	runs++;
	safex_loop(1 << 23, count_more, 0, 0);
	return 0;
}

SAFEX_EXTENSION(drop_and_run)
{
	safex_answer(1);
	safex_loop(1 << 23, count_more, 0, 0);
	return 0;
}

/* With two references in its hands. */
SAFEX_EXTENSION(grabber)
{
	safex_capability *one, *two;

	runs++;
	one = safex_acquire(0);
	if (!one)
		return 0;
	two = safex_acquire(1);
	if (two) {
		safex_loop(1 << 23, count_more, 0, 0);
		safex_release(two);
	}
	safex_release(one);
	return 0;
}

/* Most of the time in functions of the module. */
static long call(safex_u32 round, void *context)
{
	safex_capability *task = safex_acquire(0);

	(void)round, (void)context;
	if (!task)
		return 1;
	safex_get_attribute(task, actual);
	safex_set_attribute(task, adjustment, 1);
	safex_release(task);
	return 0;
}

static long call_more(safex_u32 round, void *context)
{
	(void)round, (void)context;
	safex_loop(1 << 23, call, 0, 0);
	return 0;
}

SAFEX_EXTENSION(caller)
{
	runs++;
	safex_loop(1 << 23, call_more, 0, 0);
	return 0;
}

/* Most of the time in a function of the kernel, which takes a lock. */
struct {
	int (*type)[1];	/* hash */
	int (*max_entries)[64];
	safex_u32 *key;
	safex_u64 *value;
} table SAFEX_SECTION(".maps");

static long (*const update)(void *map, const void *key, const void *value, safex_u64 flags) = (void *)2;
static long (*const delete)(void *map, const void *key) = (void *)3;

static long store(safex_u32 round, void *context)
{
	safex_u32 key = round & 63;
	safex_u64 value = round;

	(void)context;
	update(&table, &key, &value, 0);
	delete(&table, &key);
	return 0;
}

static long store_more(safex_u32 round, void *context)
{
	(void)round, (void)context;
	safex_loop(1 << 23, store, 0, 0);
	return 0;
}

SAFEX_EXTENSION(storer)
{
	BEGIN_OR_RETURN(task);
	safex_loop(1 << 23, store_more, 0, 0);
	safex_release(task);
	return 0;
}

/* About 25 million instructions, and then it is over: what happens without a budget. */
SAFEX_EXTENSION(bounded)
{
	runs++;
	safex_loop(1 << 21, count, 0, 0);
	safex_answer(1);
	return 0;
}
