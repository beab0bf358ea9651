// SPDX-License-Identifier: GPL-2.0
/* Capabilities: granted, translated to the class's numbers, and revoked. */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kmod.h"

static atomic_t alive = ATOMIC_INIT(0);

static int get_alive(char *text, const struct kernel_param *parameter)
{
	return sysfs_emit(text, "%d\n", atomic_read(&alive));
}

static const struct kernel_param_ops alive_operations = { .get = get_alive };
module_param_cb(capabilities, &alive_operations, NULL, 0444);
MODULE_PARM_DESC(capabilities, "how many there are, revoked ones that a run may still hold included (read only)");

static void free_grant(struct rcu_head *rcu)
{
	struct safex_grant *grant = container_of(rcu, struct safex_grant, rcu);

	atomic_dec(&alive);

	safex_class_put(grant->class);
	kfree(grant);
}

static u8 number_of(const char *name, const char *names, size_t stride, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (!strcmp(name, names + i * stride))
			return i;
	return SAFEX_NO_NUMBER;
}

static void translate(struct safex_grant *grant)
{
	const struct safex_extension *extension = grant->extension;
	const struct safex_class *class = grant->class;
	u32 i;

	memset(grant->attributes, SAFEX_NO_NUMBER, sizeof(grant->attributes));
	memset(grant->events, SAFEX_NO_NUMBER, sizeof(grant->events));
	for (i = 0; i < extension->attribute_count; i++)
		grant->attributes[i] = number_of(extension->attributes[i], class->attributes[0].name,
						 sizeof(class->attributes[0]), class->attribute_count);
	for (i = 0; i < extension->event_count; i++)
		grant->events[i] = number_of(extension->events[i], class->events[0].name,
					     sizeof(class->events[0]), class->event_count);
}

/* From now on every access with it fails.  A run that holds it is in a grace period, which it ends by ending. */
static void revoke(struct safex_grant *grant)
{
	WRITE_ONCE(grant->rights, 0);
	rcu_assign_pointer(grant->extension->slots[grant->set][grant->slot], NULL);
	list_del(&grant->in_class);
	call_rcu(&grant->rcu, free_grant);
}

int safex_grant(struct safex_class *class, struct safex_extension *extension, u32 set, u32 slot, u32 rights)
{
	struct safex_grant *grant, *before;

	if (set >= OSEXT_SAFEX_SETS_MAX || slot >= OSEXT_SAFEX_SLOTS_MAX ||
	    rights & ~(OSEXT_SAFEX_READ | OSEXT_SAFEX_WRITE | OSEXT_SAFEX_RAISE))
		return -EINVAL;
	if (class->ended || extension->unloaded)
		return -ENOENT;
	before = rcu_dereference_protected(extension->slots[set][slot], lockdep_is_held(&safex_mutex));
	if (before && before->class != class)
		return -EBUSY;	/* somebody else's: a creator revokes only what is its own */
	if (!rights) {
		if (!before)
			return -ENOENT;
		revoke(before);
		return 0;
	}
	grant = kzalloc(sizeof(*grant), GFP_KERNEL);
	if (!grant)
		return -ENOMEM;
	atomic_inc(&alive);
	grant->rights = rights;
	grant->class = class;
	safex_class_get(class);
	grant->extension = extension;
	grant->set = set;
	grant->slot = slot;
	translate(grant);
	if (before)
		revoke(before);
	list_add(&grant->in_class, &class->capabilities);
	rcu_assign_pointer(extension->slots[set][slot], grant);
	return 0;
}

static void revoke_of_class(struct safex_class *class, struct safex_extension *extension)
{
	struct safex_grant *grant, *next;

	list_for_each_entry_safe(grant, next, &class->capabilities, in_class)
		if (!extension || grant->extension == extension)
			revoke(grant);
}

void safex_revoke(struct safex_class *class, struct safex_extension *extension)
{
	u32 set, slot;

	if (class) {
		revoke_of_class(class, extension);
		return;
	}
	for (set = 0; set < OSEXT_SAFEX_SETS_MAX; set++)
		for (slot = 0; slot < OSEXT_SAFEX_SLOTS_MAX; slot++) {
			struct safex_grant *grant = rcu_dereference_protected(extension->slots[set][slot],
									      lockdep_is_held(&safex_mutex));

			if (grant)
				revoke(grant);
		}
}
