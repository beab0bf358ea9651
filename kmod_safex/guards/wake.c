// SPDX-License-Identifier: GPL-2.0
/* The guard whose attribute stands for somebody who waits: writing wakes who waits for another value (AWAIT). */
#include <linux/wait.h>

#include "../kmod.h"

static int set(struct safex_class *class, struct safex_attribute *attribute, s64 value)
{
	WRITE_ONCE(attribute->value, value);
	if (wq_has_sleeper(&class->waiters))
		wake_up_interruptible(&class->waiters);
	return 0;
}

const struct safex_guard safex_guard_wake = { .name = "wake", .set = set };
