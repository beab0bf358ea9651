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

#include "uls.h"

#define ULS_MARKS (OSEXT_ULS_MARK_EVENT | OSEXT_ULS_MARK_UPCALL)

/* Something about the extension changed.  Under uls_lock. */
static __always_inline void uls_update(struct uls_extension *extension)
{
	if (extension->ready && extension->started && !extension->revoked && !extension->host)
		uls_deliverable |= 1U << extension->id;
	else
		uls_deliverable &= ~(1U << extension->id);
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
	u32 waiting = uls_deliverable, place;

	if (!waiting)
		return NULL;
	extension = uls_extensions[waiting & (waiting - 1) ? uls_most_urgent(waiting) : __ffs(waiting)];
	place = __ffs(extension->ready);
	binding = extension->bindings[place];
	told = extension->told;
	told->kind = binding->kind;
	told->number = binding->number;
	told->value = binding->values[binding->head];
	told->overrun = binding->overrun;
	told->pid = host->pid;
	told->cpu = raw_smp_processor_id();
	told->drained = host->drained;
	if (unlikely(binding->flags & ULS_MARKS))
		told->stamp = binding->flags & OSEXT_ULS_MARK_EVENT ? binding->stamp : host->stamp;
	binding->overrun = 0;
	binding->head = (binding->head + 1) % OSEXT_ULS_QUEUE_MAX;
	if (!--binding->count)
		extension->ready &= ~(1U << place);
	extension->host = host;
	uls_deliverable &= ~(1U << extension->id);
	extension->statistics.upcalls++;
	extension->taken_flags = binding->flags;
	return extension;
}

#endif
