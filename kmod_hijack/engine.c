// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping the executive into the guest, and following its thread from CPU to
 * CPU.
 *
 * The executive's pages are mapped once, in its own (home) address space, and
 * fill one slot of the top-level page table.  Copying that slot's value into
 * the guest's table maps the executive; clearing it and writing CR3 unmaps it.
 *
 * Rule that keeps a guest from ever seeing a stale translation: translations of
 * the executive exist only on the CPU whose user mode is STATE_EXECUTIVE now.
 * So the thread leaves a CPU with the slot clear and CR3 written, and a guest
 * starts on a CPU with CR3 written.
 */
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <asm/msr.h>

#include "compat.h"
#include "hijack.h"

/* What the stub reads: the private page of the session whose thread runs here. */
DEFINE_PER_CPU(struct hijack_private *, hijack_current);
DEFINE_PER_CPU(unsigned long, hijack_scratch);

static u32 sysenter_cs;	/* the kernel's; 0 = there is no SYSENTER */

/*
 * Say on this CPU whose thread it runs (NULL: another task).  SYSENTER, which
 * passes no stub, raises #GP for the thread: its code segment is null then.
 * Context: preemption off.
 */
static void show_stub(struct hijack_private *private)
{
	this_cpu_write(hijack_current, private);
	if (sysenter_cs)
		wrmsrl(MSR_IA32_SYSENTER_CS, private ? 0 : sysenter_cs);
}

static void write_slot(struct hijack_session *session, p4d_t value)
{
	hijack_write_slot(session->private->slot, value);
}

static void set_state(struct hijack_session *session, u32 state)
{
	struct hijack_private *private = session->private;

	if (private->alternate_at && current == session->thread)
		*private->alternate_at = state == STATE_GUEST ? private->alternate_guest :
								private->alternate_executive;
	if (state == STATE_GUEST && (atomic_read(&private->slow) & SLOW_ALWAYS))
		state |= STATE_SLOW;
	else if (state == STATE_GUEST && session->by_handler)
		state |= STATE_HANDLER;
	private->state = state;
}

/* Context: the executive's thread, its guest's address space current. */
void hijack_hook(struct hijack_session *session)
{
	unsigned long flags;

	local_irq_save(flags);
	write_slot(session, session->private->slot_value);
	set_state(session, STATE_EXECUTIVE);
	local_irq_restore(flags);
}

/* Context: the executive's thread, or its end. */
void hijack_unhook(struct hijack_session *session, u32 state)
{
	unsigned long flags;

	local_irq_save(flags);
	if (session->private->slot && !(hijack_leave_hooked && state != STATE_CALL)) {
		write_slot(session, native_make_p4d(0));
		hijack_flush_slot();
	}
	set_state(session, state);
	local_irq_restore(flags);
}

/*
 * Out of the tables that are loaded, before others are: loading those makes the
 * processor forget, unless it keeps translations by PCID.  sched_out() sees to
 * the time between.  Context: the executive's thread.
 */
static void unmap(struct hijack_session *session, const struct mm_struct *next)
{
	unsigned long flags;

	local_irq_save(flags);
	write_slot(session, native_make_p4d(0));
	set_state(session, STATE_CALL);
	if (cpu_feature_enabled(X86_FEATURE_PCID) || next == session->current_mm)
		hijack_flush_slot();
	local_irq_restore(flags);
}

/*
 * Where the guest's tables would map the executive, and with what.  False if
 * something else is there, or there is no executive to map.
 */
static bool choose_slot(struct hijack_session *session, struct mm_struct *guest)
{
	p4d_t *home = hijack_slot_of(session->home), *slot = hijack_slot_of(guest);

	if (!home || !slot || p4d_none(*home) || !p4d_none(*slot))
		return false;
	session->private->slot_value = *home;
	session->private->slot = slot;
	return true;
}

/* For tests that left the executive mapped for this guest's owner: before anything but a look happens. */
void hijack_end_test(struct hijack_guest *guest)
{
	p4d_t *slot = hijack_leave_hooked && guest->mm ? hijack_slot_of(guest->mm) : NULL;
	unsigned long flags;

	local_irq_save(flags);
	if (slot)
		hijack_write_slot(slot, native_make_p4d(0));
	local_irq_restore(flags);
}

/* Nobody is current, and nothing mapped.  Context: the thread has left, or died; may sleep. */
void hijack_drop_current(struct hijack_session *session)
{
	if (!session->current_guest)
		return;
	mmput(session->current_mm);
	hijack_guest_put(session->current_guest);
	session->current_guest = NULL;
	session->current_mm = NULL;
}

/*
 * The executive's thread leaves its guest's address space for its own.
 * Context: that thread, in any state; may sleep.
 */
void hijack_go_home(struct hijack_session *session)
{
	if (!session->current_guest)
		return;
	hijack_unhook(session, STATE_HOME);
	session->private->slot = NULL;
	hijack_use_mm(session->home);
	hijack_drop_current(session);
}

/* A guest's stack grows by faults of the executive's thread. */
static void follow_stack_limit(const struct task_struct *owner)
{
	struct rlimit *mine = &current->signal->rlim[RLIMIT_STACK];
	const struct rlimit *his = &owner->signal->rlim[RLIMIT_STACK];

	if (READ_ONCE(his->rlim_cur) == mine->rlim_cur && READ_ONCE(his->rlim_max) == mine->rlim_max)
		return;
	task_lock(current);
	*mine = *his;
	task_unlock(current);
}

/*
 * The executive's thread, mapped or at home, goes to this guest's address space
 * and is mapped there; the guest's next call finds `stack`.  Takes over the
 * caller's reference to the guest if it succeeds.
 * Context: that thread; may sleep.
 * -ESRCH: the guest's memory is gone; -EFAULT: its place for the executive is;
 * -EAGAIN: somebody else uses the home now, or the region is not all there is.
 */
long hijack_switch(struct hijack_session *session, struct hijack_guest *guest, u64 stack)
{
	if (READ_ONCE(guest->unfit))
		return -EFAULT;
	if (!session->current_guest && !hijack_owns_slot(session))
		return -EAGAIN;
	session->private->stack = stack;
	if (session->current_guest == guest) {
		hijack_guest_put(guest);
		return 0;
	}
	/* The tables that the executive is mapped in must outlive the owner. */
	if (!mmget_not_zero(guest->mm))
		return -ESRCH;
	/* State CALL: whoever interrupts now sees neither a guest nor a mapped executive. */
	if (session->current_guest)
		unmap(session, guest->mm);
	else
		set_state(session, STATE_CALL);
	hijack_use_mm(guest->mm);
	session->private->slot = NULL;
	hijack_drop_current(session);
	session->current_guest = guest;
	session->current_mm = guest->mm;
	follow_stack_limit(guest->owner);
	session->statistics.switches++;
	if (!choose_slot(session, guest->mm)) {
		kref_get(&guest->references);	/* the caller keeps his */
		hijack_go_home(session);
		return -EFAULT;
	}
	hijack_hook(session);
	return 0;
}

/* Context: scheduler, preemption off; the thread's address space is loaded. */
static void sched_in(struct preempt_notifier *notifier, int cpu)
{
	struct hijack_session *session = container_of(notifier, struct hijack_session, preempt);
	struct hijack_private *private = session->private;
	u32 state = hijack_state(session);
	unsigned long flags;

	local_irq_save(flags);
	if (session->cpu != cpu)
		session->statistics.migrations++;
	session->cpu = cpu;
	if (private->slot) {
		if (state == STATE_EXECUTIVE || (hijack_leave_hooked && state == STATE_GUEST))
			write_slot(session, private->slot_value);
		if ((state == STATE_GUEST || state == STATE_CALL) && !hijack_moving_stale)
			hijack_flush_slot();
	}
	show_stub(private);
	local_irq_restore(flags);
}

/* Context: scheduler, interrupts off. */
static void sched_out(struct preempt_notifier *notifier, struct task_struct *next)
{
	struct hijack_session *session = container_of(notifier, struct hijack_session, preempt);
	u32 state = hijack_state(session);

	if (session->private->slot && (state == STATE_EXECUTIVE || state == STATE_CALL || hijack_leave_hooked)) {
		session->statistics.unhooks++;
		write_slot(session, native_make_p4d(0));
		if (!hijack_moving_stale)
			hijack_flush_slot();
	}
	show_stub(NULL);
}

static struct preempt_ops preempt_ops = {
	.sched_in = sched_in,
	.sched_out = sched_out,
};

/* Context: the executive's thread, at home. */
void hijack_engine_start(struct hijack_session *session)
{
	preempt_notifier_init(&session->preempt, &preempt_ops);
	if (hijack_by_entry)
		hijack_trace_start();
	preempt_disable();
	preempt_notifier_register(&session->preempt);
	session->cpu = smp_processor_id();
	show_stub(session->private);
	preempt_enable();
}

/* Context: the executive's thread on its way out; preemption may be off. */
void hijack_engine_stop(struct hijack_session *session)
{
	preempt_disable();
	show_stub(NULL);
	preempt_notifier_unregister(&session->preempt);
	hijack_unhook(session, STATE_HOME);
	session->private->slot = NULL;
	preempt_enable();
	if (hijack_by_entry)
		hijack_trace_stop();
}

void hijack_engine_init(void)
{
	u64 value;

	if (!rdmsrl_safe(MSR_IA32_SYSENTER_CS, &value))
		sysenter_cs = value;
}
