// SPDX-License-Identifier: GPL-2.0
/*
 * What extensions can call.  The verifier holds them to the types: a capability comes
 * from safex_acquire(), is not null, goes into calls as it is, and is released.
 * Context of all: a run; of a program of this type that is no extension: anything that
 * runs programs, and then there is nothing to have.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/module.h>

#include "run.h"

#ifndef __bpf_kfunc
#define __bpf_kfunc __used noinline
#endif

static __always_inline struct safex_grant *grant_of(struct safex_capability *capability)
{
	return container_of(capability, struct safex_grant, handle);
}

/* With the right, at this moment. */
static __always_inline bool may(const struct safex_grant *grant, u8 right)
{
	return READ_ONCE(grant->rights) & right || !safex_is_on(SAFEX_RIGHTS);
}

__diag_push();
__diag_ignore_all("-Wmissing-prototypes", "called by programs only");
__diag_ignore_all("-Wmissing-declarations", "called by programs only");

/* The capability in a slot of the set that this run sees; NULL if there is none, or not any more. */
__bpf_kfunc notrace struct safex_capability *safex_acquire(u32 slot)
{
	struct safex_run *run = this_cpu_ptr(&safex_runs);
	struct safex_grant *grant;

	if (!run->running || slot >= OSEXT_SAFEX_SLOTS_MAX || run->held == OSEXT_SAFEX_HELD_MAX)
		return NULL;
	grant = rcu_dereference_raw(run->slots[slot]);
	if (!grant)
		return NULL;
	run->held++;
	safex_leave_if_due(run);
	return &grant->handle;
}

/* Does not look at the budget: before the next one is acquired that is done. */
__bpf_kfunc notrace void safex_release(struct safex_capability *capability)
{
	this_cpu_ptr(&safex_runs)->held--;
}

/* The value of an attribute, or OSEXT_SAFEX_NO_VALUE. */
__bpf_kfunc notrace s64 safex_get_attribute(struct safex_capability *capability, u32 attribute)
{
	const struct safex_grant *grant = grant_of(capability);
	s64 value = OSEXT_SAFEX_NO_VALUE;

	if (attribute < OSEXT_SAFEX_ATTRIBUTES_MAX && may(grant, OSEXT_SAFEX_READ))
		value = safex_class_read(grant->class, grant->attributes[attribute]);
	safex_leave_if_due(this_cpu_ptr(&safex_runs));
	return value;
}

/* 0; -EPERM: no right, or revoked; -ENOENT: no such attribute; else what its guard says. */
__bpf_kfunc notrace int safex_set_attribute(struct safex_capability *capability, u32 attribute, s64 value)
{
	const struct safex_grant *grant = grant_of(capability);
	int error = -EPERM;

	if (attribute >= OSEXT_SAFEX_ATTRIBUTES_MAX)
		error = -ENOENT;
	else if (may(grant, OSEXT_SAFEX_WRITE))
		error = safex_class_set(grant->class, grant->attributes[attribute], value);
	safex_leave_if_due(this_cpu_ptr(&safex_runs));
	return error;
}

/* 0: what is bound to the event runs after this run; -EPERM, -ENOENT; -ENOBUFS: too many events. */
__bpf_kfunc notrace int safex_raise_event(struct safex_capability *capability, u32 event, s64 value)
{
	struct safex_run *run = this_cpu_ptr(&safex_runs);
	const struct safex_grant *grant = grant_of(capability);
	int error = -EPERM;

	if (event >= OSEXT_SAFEX_EVENTS_MAX || grant->events[event] == SAFEX_NO_NUMBER)
		error = -ENOENT;
	else if (may(grant, OSEXT_SAFEX_RAISE))
		error = safex_raise_later(run, &grant->class->events[grant->events[event]], value);
	safex_leave_if_due(run);
	return error;
}

/* The value of the event that this run is for. */
__bpf_kfunc notrace s64 safex_event_value(void)
{
	struct safex_run *run = this_cpu_ptr(&safex_runs);

	safex_leave_if_due(run);
	return run->running ? run->value : 0;
}

/* The set that this run sees: which of several tasks it is for. */
__bpf_kfunc notrace u32 safex_event_set(void)
{
	struct safex_run *run = this_cpu_ptr(&safex_runs);

	safex_leave_if_due(run);
	return run->running ? run->set : 0;
}

/* For whoever raised the event and waits. */
__bpf_kfunc notrace void safex_answer(s64 value)
{
	struct safex_run *run = this_cpu_ptr(&safex_runs);

	if (run->running)
		run->outcome->answer = value;
	safex_leave_if_due(run);
}

__diag_pop();

#ifdef BTF_KFUNCS_START
BTF_KFUNCS_START(safex_kfunc_ids)
#else
BTF_SET8_START(safex_kfunc_ids)
#endif
BTF_ID_FLAGS(func, safex_acquire, KF_ACQUIRE | KF_RET_NULL)
BTF_ID_FLAGS(func, safex_release, KF_RELEASE)
BTF_ID_FLAGS(func, safex_get_attribute, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, safex_set_attribute, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, safex_raise_event, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, safex_event_value)
BTF_ID_FLAGS(func, safex_event_set)
BTF_ID_FLAGS(func, safex_answer)
#ifdef BTF_KFUNCS_START
BTF_KFUNCS_END(safex_kfunc_ids)
#else
BTF_SET8_END(safex_kfunc_ids)
#endif

static const struct btf_kfunc_id_set kfuncs = { .owner = THIS_MODULE, .set = &safex_kfunc_ids };

bool safex_is_kfunc(unsigned long address)
{
	static const void *const all[] = {
		safex_acquire, safex_release, safex_get_attribute, safex_set_attribute,
		safex_raise_event, safex_event_value, safex_event_set, safex_answer,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if ((unsigned long)all[i] == address)
			return true;
	return false;
}

int safex_kfuncs_init(void)
{
	return register_btf_kfunc_id_set(BPF_PROG_TYPE_XDP, &kfuncs);
}
