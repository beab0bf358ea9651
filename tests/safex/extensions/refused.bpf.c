// SPDX-License-Identifier: GPL-2.0
/* What no loader takes: the verifier refuses the first ones, the module's list the others. */
#include "safex.h"

SAFEX_ATTRIBUTE(adjustment);

/* --- by the verifier ---------------------------------------------------------- */

SAFEX_EXTENSION(forged)
{
	return safex_set_attribute((safex_capability *)0xffff888000001000ULL, adjustment, 99);
}

/* A capability plus something. */
SAFEX_EXTENSION(moved)
{
	safex_capability *task = safex_acquire(0);
	int result;

	if (!task)
		return 0;
	result = safex_set_attribute((safex_capability *)((char *)task + 40), adjustment, 99);
	safex_release(task);
	return result;
}

SAFEX_EXTENSION(leaked)
{
	safex_capability *task = safex_acquire(0);

	return task ? safex_set_attribute(task, adjustment, 99) : 0;
}

SAFEX_EXTENSION(written)
{
	safex_capability *task = safex_acquire(0);

	if (!task)
		return 0;
	((volatile safex_u64 *)task)[0] = 7;
	safex_release(task);
	return 0;
}

SAFEX_EXTENSION(unchecked)
{
	safex_capability *task = safex_acquire(0);
	int result = safex_set_attribute(task, adjustment, 99);

	safex_release(task);
	return result;
}

SAFEX_EXTENSION(used_after_release)
{
	safex_capability *task = safex_acquire(0);

	if (!task)
		return 0;
	safex_release(task);
	return safex_set_attribute(task, adjustment, 99);
}

SAFEX_EXTENSION(endless)
{
	while (1)
		__asm__ volatile("");
	return 0;
}

/* --- by the list -------------------------------------------------------------- */

struct {
	int (*type)[3];	/* of programs */
	int (*max_entries)[1];
	safex_u32 *key;
	safex_u32 *value;
} programs SAFEX_SECTION(".maps");

static long (*const tail_call)(void *context, void *map, safex_u32 index) = (void *)12;

SAFEX_EXTENSION(jumper)
{
	tail_call(safex_context, &programs, 0);
	return 0;
}

static long (*const redirect)(safex_u32 device, safex_u64 flags) = (void *)23;

SAFEX_EXTENSION(redirector)
{
	return redirect(1, 0);
}

struct {
	int (*type)[27];	/* ring buffer */
	int (*max_entries)[4096];
} ring SAFEX_SECTION(".maps");

static void *(*const reserve)(void *ring, safex_u64 size, safex_u64 flags) = (void *)131;
static void (*const discard)(void *data, safex_u64 flags) = (void *)133;

/* An abort between the two would keep the memory for ever. */
SAFEX_EXTENSION(reserver)
{
	void *data = reserve(&ring, 64, 0);

	if (data)
		discard(data, 0);
	return 0;
}

struct bpf_spin_lock {
	safex_u32 val;
};
struct locked {
	struct bpf_spin_lock lock;
	safex_u32 value;
};
struct {
	int (*type)[2];	/* array */
	int (*max_entries)[1];
	safex_u32 *key;
	struct locked *value;
} locks SAFEX_SECTION(".maps");

static void *(*const lookup)(void *map, const void *key) = (void *)1;
static long (*const lock)(struct bpf_spin_lock *lock) = (void *)93;
static long (*const unlock)(struct bpf_spin_lock *lock) = (void *)94;

SAFEX_EXTENSION(locker)
{
	safex_u32 key = 0;
	struct locked *found = lookup(&locks, &key);

	if (found) {
		lock(&found->lock);
		found->value++;
		unlock(&found->lock);
	}
	return 0;
}

static long (*const print)(const char *format, safex_u32 bytes, ...) = (void *)6;

SAFEX_EXTENSION(printer)
{
	char text[] = "hello";

	print(text, sizeof(text));
	return 0;
}
