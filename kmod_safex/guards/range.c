// SPDX-License-Identifier: GPL-2.0
/* The guard that holds an attribute between a minimum and a maximum. */
#include "../kmod.h"

static int set(struct safex_class *class, struct safex_attribute *attribute, s64 value)
{
	if (value < attribute->minimum || value > attribute->maximum)
		return -ERANGE;
	WRITE_ONCE(attribute->value, value);
	return 0;
}

const struct safex_guard safex_guard_range = { .name = "range", .set = set };
