/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events that wait: each binding of an extension has a queue, like a POSIX.4 signal;
 * what does not fit is counted and told with the next one.  Which extensions have
 * events and no host stands in uls_deliverable, so that a CPU that returns to user
 * mode sees with one look whether there is anything to do.  Inline, as every upcall
 * passes here.
 */
#ifndef OSEXT_ULS_KMOD_QUEUE_H
#define OSEXT_ULS_KMOD_QUEUE_H

#include <osext/marker.h>

#include "uls.h"

#define ULS_TOLD_MORE 0x80000000	/* in a binding's flags: there is more to tell than a value */

/* What was put behind the queue's last event.  Under uls_lock. */
static __always_inline union uls_about *uls_last_about(const struct uls_binding *binding)
{
	return &binding->about[(binding->head + binding->count - 1) % OSEXT_ULS_QUEUE_MAX];
}

static __always_inline void uls_tell_more(const struct uls_binding *binding, struct osext_uls_record *told)
{
	const union uls_about *about = &binding->about[binding->head];

	if (likely(binding->kind == OSEXT_ULS_SYSCALL))
		told->about.call = about->call;
	else if (binding->kind == OSEXT_ULS_FAULT)
		told->about.fault = about->fault;
	else
		told->about.packet = about->packet;
}

/* Something about the extension changed.  Under uls_lock. */
static __always_inline void uls_update(struct uls_extension *extension)
{
	if (extension->ready && extension->started && !extension->revoked && !extension->host)
		uls_deliverable |= 1U << extension->id;
	else
		uls_deliverable &= ~(1U << extension->id);
}

/* The event happens here, for benchmarks. */
static __always_inline void uls_mark(struct uls_binding *binding)
{
	if (likely(!(binding->flags & OSEXT_ULS_MARK_EVENT)))
		return;
	binding->stamp = rdtsc_ordered();
	OSEXT_MARK(OSEXT_MARK_BEGIN);
}

/* Under uls_lock.  False: it does not fit. */
static __always_inline bool uls_enqueue(struct uls_binding *binding, u64 value)
{
	struct uls_extension *extension = binding->extension;

	extension->statistics.events++;
	if (unlikely(binding->count == binding->limit)) {
		binding->overrun++;
		extension->statistics.overruns++;
		return false;
	}
	binding->values[(binding->head + binding->count++) % OSEXT_ULS_QUEUE_MAX] = value;
	extension->ready |= 1U << binding->place;
	uls_update(extension);
	return true;
}

/*
 * The next event goes to `host`: its extension is taken, its record written.
 * NULL: there is none.  Under uls_lock, on the CPU of the host.
 */
static __always_inline struct uls_extension *uls_take(struct uls_host *host)
{
	struct uls_extension *extension;
	struct uls_binding *binding;
	struct osext_uls_record *told;
	u32 waiting = uls_deliverable, place, head, flags;

	if (!waiting)
		return NULL;
	extension = uls_extensions[waiting & (waiting - 1) ? uls_most_urgent(waiting) : __ffs(waiting)];
	place = __ffs(extension->ready);
	binding = extension->bindings[place];
	told = extension->told;
	head = binding->head;
	flags = binding->flags;
	*(u64 *)&told->kind = *(const u64 *)&binding->kind;	/* and the number */
	told->value = binding->values[head];
	told->overrun = binding->overrun;
	told->pid = host->pid;
	told->cpu = raw_smp_processor_id();
	told->drained = host->drained;
	told->stamp = binding->stamp;
	if (unlikely(flags & ULS_TOLD_MORE))
		uls_tell_more(binding, told);
	binding->overrun = 0;
	binding->head = (head + 1) % OSEXT_ULS_QUEUE_MAX;
	if (!--binding->count)
		extension->ready &= ~(1U << place);
	extension->host = host;
	uls_deliverable &= ~(1U << extension->id);
	extension->statistics.upcalls++;
	extension->taken_flags = flags;
	return extension;
}

#endif
