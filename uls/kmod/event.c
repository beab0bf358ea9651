// SPDX-License-Identifier: GPL-2.0
/*
 * Events: each binding of an extension has a queue, like a POSIX.4 signal; what
 * does not fit is counted and told with the next one.  Which extensions have events
 * and no host stands in uls_deliverable, so that a CPU that returns to user mode
 * sees with one look whether there is anything to do.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/hrtimer.h>
#include <linux/slab.h>
#include <linux/uidgid.h>
#include <asm/irq_regs.h>
#include <asm/tsc.h>

#include <osext/marker.h>

#include "uls.h"

arch_spinlock_t uls_spin = __ARCH_SPIN_LOCK_UNLOCKED;
u32 uls_deliverable;
u32 uls_marked;

/* Something about the extension changed.  Under uls_lock. */
static __always_inline void update(struct uls_extension *extension)
{
	if (extension->ready && extension->started && !extension->revoked && !extension->host)
		uls_deliverable |= 1U << extension->id;
	else
		uls_deliverable &= ~(1U << extension->id);
}

void uls_update(struct uls_extension *extension)
{
	update(extension);
}

/* A binding's place in the array of its extension changes when others are bound. */
static void refresh_ready(struct uls_extension *extension)
{
	u32 i;

	extension->ready = 0;
	for (i = 0; i < extension->binding_count; i++) {
		extension->bindings[i]->place = i;
		if (extension->bindings[i]->count)
			extension->ready |= 1U << i;
	}
	update(extension);
}

/* Under uls_lock.  False: it does not fit. */
static __always_inline bool enqueue(struct uls_binding *binding, u64 value)
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
	update(extension);
	return true;
}

static s32 urgency(u32 id)
{
	struct uls_extension *extension = uls_extensions[id];

	return extension->bindings[__ffs(extension->ready)]->priority;
}

/* Which of several extensions: the one whose first event has the highest priority. */
static u32 most_urgent(u32 candidates)
{
	u32 best = __ffs(candidates);

	while (candidates &= candidates - 1)
		if (urgency(__ffs(candidates)) > urgency(best))
			best = __ffs(candidates);
	return best;
}

/*
 * The next event goes to `host`: its extension is taken, its record written.
 * NULL: there is none.  Under uls_lock, on the CPU of the host.
 */
struct uls_extension *uls_take(struct uls_host *host)
{
	struct uls_extension *extension;
	struct uls_binding *binding;
	struct osext_uls_record *told;
	u32 place;

	if (!uls_deliverable)
		return NULL;
	extension = uls_extensions[most_urgent(uls_deliverable)];
	place = __ffs(extension->ready);
	binding = extension->bindings[place];
	told = extension->told;
	told->kind = binding->kind;
	told->number = binding->number;
	told->value = binding->values[binding->head];
	told->overrun = binding->overrun;
	told->pid = host->pid;
	told->cpu = raw_smp_processor_id();
	told->id = extension->id;
	told->drained = host->drained;
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

/*
 * The next time.  Asking the clock is half of a callback's cost, so it is asked only
 * when the time stamp counter shows that the timer is late.
 */
static void advance(struct uls_binding *binding)
{
	u64 now = rdtsc();

	if (likely(now - binding->expired < binding->patience)) {
		binding->expirations++;
		hrtimer_add_expires_ns(&binding->timer, binding->period);
	} else {
		binding->expirations += hrtimer_forward_now(&binding->timer, binding->period);
	}
	binding->expired = now;
}

/* Context: hard interrupt. */
static enum hrtimer_restart expire(struct hrtimer *timer)
{
	struct uls_binding *binding = container_of(timer, struct uls_binding, timer);
	struct uls_extension *extension = binding->extension;
	struct uls_host *host = this_cpu_read(uls_cpu.host);
	struct pt_regs *regs = get_irq_regs();
	bool direct = host && host->place == ULS_OUT && regs && user_mode(regs);
	bool queued;

	if (binding->flags & OSEXT_ULS_MARK_EVENT)
		OSEXT_MARK(OSEXT_MARK_BEGIN);
	uls_lock();
	if (unlikely(extension->revoked)) {
		uls_unlock();
		return HRTIMER_NORESTART;
	}
	advance(binding);
	queued = enqueue(binding, binding->expirations);
	if (queued && direct)
		extension->statistics.direct++;
	uls_unlock();
	if (likely(direct))
		uls_arm_return();
	else if (host)
		uls_host_kick(host);
	else
		uls_interrupt_others();
	return HRTIMER_RESTART;
}

static int check(const struct uls_extension *extension, const struct osext_uls_bind *bind)
{
	bool timer = bind->kind == OSEXT_ULS_TIMER;
	u32 i;

	if ((!timer && bind->kind != OSEXT_ULS_SOFTWARE) || (bind->flags & ~OSEXT_ULS_BIND_FLAGS) || !bind->queue ||
	    bind->queue > (timer ? 1 : OSEXT_ULS_QUEUE_MAX))
		return -EINVAL;
	if (timer ? bind->period_ns < OSEXT_ULS_PERIOD_MIN_NS || bind->period_ns > KTIME_MAX / 2 : bind->period_ns != 0)
		return -EINVAL;
	if (extension->binding_count == OSEXT_ULS_BINDINGS_MAX)
		return -ENOSPC;
	for (i = 0; i < extension->binding_count; i++)
		if (extension->bindings[i]->number == bind->number)
			return -EEXIST;
	return extension->revoked ? -EOWNERDEAD : 0;
}

/* May sleep; under uls_mutex.  -EEXIST: the number is taken; -EOWNERDEAD: the extension is condemned. */
int uls_bind(struct uls_extension *extension, const struct osext_uls_bind *bind)
{
	int error = check(extension, bind);
	struct uls_binding *binding;
	u32 i;

	if (error)
		return error;
	binding = kzalloc(sizeof(*binding), GFP_KERNEL);
	if (!binding)
		return -ENOMEM;
	binding->extension = extension;
	binding->kind = bind->kind;
	binding->number = bind->number;
	binding->flags = bind->flags;
	binding->priority = bind->priority;
	binding->limit = bind->queue;
	binding->period = ns_to_ktime(bind->period_ns);
	binding->patience = uls_time_stamps(bind->period_ns + bind->period_ns / 4);
	hrtimer_init(&binding->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	binding->timer.function = expire;

	uls_lock_irq();
	for (i = extension->binding_count; i && extension->bindings[i - 1]->priority < bind->priority; i--)
		extension->bindings[i] = extension->bindings[i - 1];
	extension->bindings[i] = binding;
	extension->binding_count++;
	uls_marked += !!(bind->flags & OSEXT_ULS_MARK_UPCALL);
	refresh_ready(extension);
	uls_unlock_irq();
	if (bind->kind == OSEXT_ULS_TIMER)
		hrtimer_start(&binding->timer, binding->period, HRTIMER_MODE_REL_HARD);
	return 0;
}

/* May sleep; nobody finds the extension any more. */
void uls_unbind_all(struct uls_extension *extension)
{
	u32 i;

	for (i = 0; i < extension->binding_count; i++) {
		hrtimer_cancel(&extension->bindings[i]->timer);
		uls_marked -= !!(extension->bindings[i]->flags & OSEXT_ULS_MARK_UPCALL);
		kfree(extension->bindings[i]);
	}
	extension->binding_count = 0;
}

static bool is_privileged(void)
{
	return uid_eq(current_euid(), GLOBAL_ROOT_UID) || ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
}

/*
 * Context: a system call.  -ENOENT: no such extension or binding; -EPERM; -EAGAIN:
 * its queue is full; -EOWNERDEAD: the extension is condemned.
 */
int uls_raise(const struct osext_uls_raise *raise)
{
	bool privileged = is_privileged();
	struct uls_extension *extension;
	int error = -ENOENT;
	u32 i;

	if (raise->id >= OSEXT_ULS_EXTENSIONS_MAX)
		return -ENOENT;
	uls_lock_irq();
	extension = uls_extensions[raise->id];
	for (i = 0; extension && i < extension->binding_count; i++) {
		struct uls_binding *binding = extension->bindings[i];

		if (binding->number != raise->number || binding->kind != OSEXT_ULS_SOFTWARE)
			continue;
		if (binding->flags & OSEXT_ULS_MARK_EVENT)
			OSEXT_MARK(OSEXT_MARK_BEGIN);
		if (!privileged && !uid_eq(current_euid(), extension->creator))
			error = -EPERM;
		else if (extension->revoked)
			error = -EOWNERDEAD;
		else
			error = enqueue(binding, raise->value) ? 0 : -EAGAIN;
		break;
	}
	uls_unlock();
	if (!error) {
		uls_arm_return();
		if (!this_cpu_read(uls_cpu.host))
			uls_interrupt_others();
	}
	local_irq_enable();
	return error;
}
