// SPDX-License-Identifier: GPL-2.0
/* Where events come from: timers and RAISE.  What waits is in queue.h. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/hrtimer.h>
#include <linux/slab.h>
#include <linux/uidgid.h>
#include <asm/irq_regs.h>
#include <asm/tsc.h>

#include "queue.h"
#include "uls.h"

atomic_t uls_spin = ATOMIC_INIT(0);
u32 uls_deliverable;
DEFINE_STATIC_KEY_FALSE(uls_marked);
DEFINE_STATIC_KEY_FALSE(uls_flushing);

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
	uls_update(extension);
}

static s32 urgency(u32 id)
{
	struct uls_extension *extension = uls_extensions[id];

	return extension->bindings[__ffs(extension->ready)]->priority;
}

/* Which of several extensions: the one whose first event has the highest priority.  Under uls_lock. */
u32 uls_most_urgent(u32 candidates)
{
	u32 best = __ffs(candidates);

	while (candidates &= candidates - 1)
		if (urgency(__ffs(candidates)) > urgency(best))
			best = __ffs(candidates);
	return best;
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

	uls_mark(binding);
	uls_lock();
	advance(binding);
	queued = uls_enqueue(binding, binding->expirations);
	if (queued && direct)
		extension->statistics.direct++;
	uls_unlock();
	if (likely(direct))
		uls_arm_return();
	else if (host)
		uls_host_kick(host);
	else
		uls_interrupt_others();
	return binding->expirations < binding->last ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

/* Do the figures make sense for events of this kind? */
static bool is_sensible(const struct osext_uls_bind *bind)
{
	switch (bind->kind) {
	case OSEXT_ULS_TIMER:
		return bind->queue == 1 && bind->period_ns >= OSEXT_ULS_PERIOD_MIN_NS &&
		       bind->period_ns <= KTIME_MAX / 2;
	case OSEXT_ULS_SOFTWARE:
		return !bind->period_ns && !bind->count;
	case OSEXT_ULS_SYSCALL:
		return bind->call <= INT_MAX || bind->call == OSEXT_ULS_ANY_CALL;
	case OSEXT_ULS_FAULT:
		return !bind->period_ns;
	case OSEXT_ULS_PACKET:
		return bind->port && bind->port <= U16_MAX && !bind->count;
	}
	return false;
}

static int check(const struct uls_extension *extension, const struct osext_uls_bind *bind)
{
	u32 i;

	if ((bind->flags & ~OSEXT_ULS_BIND_FLAGS) || !bind->queue || bind->queue > OSEXT_ULS_QUEUE_MAX ||
	    !is_sensible(bind))
		return -EINVAL;
	if (extension->binding_count == OSEXT_ULS_BINDINGS_MAX)
		return -ENOSPC;
	for (i = 0; i < extension->binding_count; i++)
		if (extension->bindings[i]->number == bind->number)
			return -EEXIST;
	return extension->revoked ? -EOWNERDEAD : 0;
}

/* The end of a binding that nobody finds any more.  May sleep. */
static void stop(struct uls_binding *binding)
{
	hrtimer_cancel(&binding->timer);
	uls_watch_end(&binding->watch);
	uls_packet_end(binding);
	kvfree(binding->about);
	kfree(binding);
}

/* What can fail before there are events.  May sleep. */
static int prepare(struct uls_binding *binding, const struct osext_uls_bind *bind)
{
	if (bind->kind == OSEXT_ULS_TIMER || bind->kind == OSEXT_ULS_SOFTWARE)
		return 0;
	binding->flags |= ULS_TOLD_MORE;
	binding->about = kvcalloc(OSEXT_ULS_QUEUE_MAX, sizeof(*binding->about), GFP_KERNEL);
	if (!binding->about)
		return -ENOMEM;
	if (bind->kind == OSEXT_ULS_PACKET)
		return uls_packet_begin(binding, bind->port);
	return uls_watch_begin(&binding->watch, bind->pid);
}

static struct uls_binding *make(struct uls_extension *extension, const struct osext_uls_bind *bind)
{
	struct uls_binding *binding = kzalloc(sizeof(*binding), GFP_KERNEL);
	int error;

	if (!binding)
		return ERR_PTR(-ENOMEM);
	binding->extension = extension;
	binding->kind = bind->kind;
	binding->number = bind->number;
	binding->flags = bind->flags;
	binding->priority = bind->priority;
	binding->limit = bind->queue;
	hrtimer_init(&binding->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	binding->timer.function = expire;
	if (bind->kind == OSEXT_ULS_TIMER) {
		binding->period = ns_to_ktime(bind->period_ns);
		binding->last = bind->count ?: U64_MAX;
		binding->patience = uls_time_stamps(bind->period_ns + bind->period_ns / 4);
	} else if (bind->kind == OSEXT_ULS_SYSCALL) {
		binding->call = bind->call;
	}
	error = prepare(binding, bind);
	if (error) {
		stop(binding);
		return ERR_PTR(error);
	}
	return binding;
}

/*
 * May sleep; under uls_mutex.  -EEXIST: the number is taken; -EOWNERDEAD: the extension
 * is condemned; -ESRCH, -EPERM: there is no such process to watch, or the caller may
 * not, or see no packets.
 */
int uls_bind(struct uls_extension *extension, const struct osext_uls_bind *bind)
{
	int error = check(extension, bind);
	struct uls_binding *binding;
	u32 i;

	if (error)
		return error;
	binding = make(extension, bind);
	if (IS_ERR(binding))
		return PTR_ERR(binding);
	if (bind->flags & OSEXT_ULS_MARK_UPCALL)
		static_branch_inc(&uls_marked);
	if (bind->flags & OSEXT_ULS_FLUSH_ALL)
		static_branch_inc(&uls_flushing);
	uls_lock_irq();
	for (i = extension->binding_count; i && extension->bindings[i - 1]->priority < bind->priority; i--)
		extension->bindings[i] = extension->bindings[i - 1];
	extension->bindings[i] = binding;
	extension->binding_count++;
	refresh_ready(extension);
	WRITE_ONCE(binding->enabled, true);
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
		if (extension->bindings[i]->flags & OSEXT_ULS_MARK_UPCALL)
			static_branch_dec(&uls_marked);
		if (extension->bindings[i]->flags & OSEXT_ULS_FLUSH_ALL)
			static_branch_dec(&uls_flushing);
		stop(extension->bindings[i]);
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
		uls_mark(binding);
		if (!privileged && !uid_eq(current_euid(), extension->creator))
			error = -EPERM;
		else if (extension->revoked)
			error = -EOWNERDEAD;
		else
			error = uls_enqueue(binding, raise->value) ? 0 : -EAGAIN;
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
