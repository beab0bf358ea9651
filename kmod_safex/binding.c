// SPDX-License-Identifier: GPL-2.0
/* Bindings: when an extension runs, and which set it sees then. */
#include <linux/slab.h>

#include "kmod.h"

/* Context: bottom half. */
static enum hrtimer_restart timer_expired(struct hrtimer *timer)
{
	struct safex_binding *binding = container_of(timer, struct safex_binding, timer);
	struct safex_outcome outcome = {};

	safex_run_binding(binding, hrtimer_forward_now(timer, binding->period), &outcome);
	return READ_ONCE(binding->extension->stopped) ? HRTIMER_NORESTART : HRTIMER_RESTART;
}

static int bind_event(struct safex_binding *binding, const struct osext_safex_bind *bind)
{
	struct safex_class *class = safex_class_of_file(bind->class_file);
	const struct safex_binding *other;
	u32 others = 0;
	int error = 0;

	if (IS_ERR(class))
		return PTR_ERR(class);
	if (class->ended || bind->event >= class->event_count)
		error = -ENOENT;
	else
		hlist_for_each_entry(other, &class->events[bind->event].bindings, in_event) {
			if (other->extension == binding->extension && other->set == binding->set)
				error = -EEXIST;
			others++;
		}
	if (others >= SAFEX_EVENT_BINDINGS_MAX)
		error = -ENOSPC;
	if (error) {
		safex_class_put(class);
		return error;
	}
	binding->class = class;
	binding->event = bind->event;
	hlist_add_head_rcu(&binding->in_event, &class->events[bind->event].bindings);
	return 0;
}

static int bind_timer(struct safex_binding *binding, const struct osext_safex_bind *bind)
{
	if (bind->period_ns < OSEXT_SAFEX_PERIOD_MIN_NS || bind->period_ns > OSEXT_SAFEX_PERIOD_MAX_NS)
		return -EINVAL;
	binding->period = ns_to_ktime(bind->period_ns);
	hrtimer_init(&binding->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_SOFT);
	binding->timer.function = timer_expired;
	hrtimer_start(&binding->timer, binding->period, HRTIMER_MODE_REL_PINNED_SOFT);
	return 0;
}

int safex_bind(struct safex_extension *extension, const struct osext_safex_bind *bind)
{
	struct safex_binding *binding;
	int error = -EINVAL;

	if (extension->unloaded)
		return -ENOENT;
	if (bind->set >= OSEXT_SAFEX_SETS_MAX ||
	    (bind->kind == OSEXT_SAFEX_EVENT ? bind->period_ns : bind->class_file || bind->event))
		return -EINVAL;
	if (extension->binding_count == OSEXT_SAFEX_BINDINGS_MAX)
		return -ENOSPC;
	binding = kzalloc(sizeof(*binding), GFP_KERNEL);
	if (!binding)
		return -ENOMEM;
	binding->kind = bind->kind;
	binding->set = bind->set;
	binding->extension = extension;
	if (bind->kind == OSEXT_SAFEX_EVENT)
		error = bind_event(binding, bind);
	else if (bind->kind == OSEXT_SAFEX_TIMER)
		error = bind_timer(binding, bind);
	else if (bind->kind == OSEXT_SAFEX_CALL)
		error = safex_watch_begin(binding, bind->thread);
	else if (bind->kind == OSEXT_SAFEX_PACKET)
		error = safex_packet_begin(binding, bind->port);
	if (error) {
		kfree(binding);
		return error;
	}
	list_add(&binding->in_extension, &extension->bindings);
	extension->binding_count++;
	return 0;
}

static void free_binding(struct rcu_head *rcu)
{
	struct safex_binding *binding = container_of(rcu, struct safex_binding, rcu);

	if (binding->class)
		safex_class_put(binding->class);
	kfree(binding);
}

static void unbind(struct safex_binding *binding)
{
	switch (binding->kind) {
	case OSEXT_SAFEX_EVENT:
		hlist_del_rcu(&binding->in_event);
		break;
	case OSEXT_SAFEX_TIMER:
		hrtimer_cancel(&binding->timer);
		break;
	case OSEXT_SAFEX_CALL:
		safex_watch_end(binding);
		break;
	case OSEXT_SAFEX_PACKET:
		safex_packet_end(binding);
		break;
	}
	list_del(&binding->in_extension);
	binding->extension->binding_count--;
	call_rcu(&binding->rcu, free_binding);
}

void safex_unbind_extension(struct safex_extension *extension)
{
	struct safex_binding *binding, *next;

	list_for_each_entry_safe(binding, next, &extension->bindings, in_extension)
		unbind(binding);
}

void safex_unbind_class(struct safex_class *class)
{
	struct safex_binding *binding;
	struct hlist_node *next;
	u32 event;

	for (event = 0; event < class->event_count; event++)
		hlist_for_each_entry_safe(binding, next, &class->events[event].bindings, in_event)
			unbind(binding);
}
