// SPDX-License-Identifier: GPL-2.0
/* The guard of what extensions read and only the creator writes, past it (class.c). */
#include "../kmod.h"

static int set(struct safex_class *class, struct safex_attribute *attribute, s64 value)
{
	return -EACCES;
}

const struct safex_guard safex_guard_constant = { .name = "constant", .set = set };
