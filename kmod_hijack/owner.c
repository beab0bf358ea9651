// SPDX-License-Identifier: GPL-2.0
/*
 * Guests as their owners live them.
 *
 * A guest's own task never runs the guest.  It stays in drive(), on its way to
 * user mode, and there does what only it can do: it makes the system calls that
 * concern its files, its memory map, its children and its credentials, and it
 * takes its signals, as any task does on that way.  Between two such works it
 * offers the guest's registers to the executive.
 *
 * So fork, exec, wait, exit, job control, handlers and restarted calls are the
 * kernel's own, and a call that sleeps makes nobody wait but this task.
 */
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/rseq.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/uaccess.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#include "compat.h"
#include "hijack.h"

/* Tasks that own a guest, by their address; written by themselves. */
static DEFINE_HASHTABLE(owners, 7);
static DEFINE_SPINLOCK(owners_lock);

/* The guest that a task owns, or NULL; valid while that task is current or new-born. */
struct hijack_guest *hijack_guest_of(struct task_struct *task)
{
	struct hijack_guest *guest, *found = NULL;
	unsigned long flags;

	spin_lock_irqsave(&owners_lock, flags);
	hash_for_each_possible(owners, guest, owner_link, (unsigned long)task)
		if (guest->owner == task)
			found = guest;
	spin_unlock_irqrestore(&owners_lock, flags);
	return found;
}

/* ---- The guest's memory. */

/* Somebody takes the reservation away: the guest cannot go on. */
static int guard_unmap(struct mmu_notifier *guard, const struct mmu_notifier_range *range)
{
	struct hijack_guest *guest = container_of(guard, struct hijack_guest, guard);
	struct hijack_session *session = guest->session;

	if (range->event != MMU_NOTIFY_UNMAP || guest->unfit ||
	    !hijack_in_reserved(session, range->start, range->end))
		return 0;
	WRITE_ONCE(guest->unfit, true);
	/* By a call of the executive itself: its own pages must not go with it. */
	if (current == session->thread && session->current_guest == guest)
		hijack_unhook(session, STATE_CALL);
	if (!(guest->owner->flags & PF_EXITING)) {
		pr_info_ratelimited("osext_hijack: killing guest %d: it unmapped the executive's place\n",
				    task_pid_nr(guest->owner));
		send_sig(SIGKILL, guest->owner, 1);
	}
	return 0;
}

static const struct mmu_notifier_ops guard_ops = { .invalidate_range_start = guard_unmap };

static void stop_global(struct hijack_guest *guest)
{
	hijack_global_stop(guest->global);
	guest->global = NULL;
}

static void leave_memory(struct hijack_guest *guest)
{
	if (!guest->mm)
		return;
	stop_global(guest);
	mmu_notifier_unregister(&guest->guard, guest->mm);
	mmdrop(guest->mm);
	guest->mm = NULL;
}

/*
 * The owner's memory is the guest's: at the start, and after each exec.
 * Context: the owner; may sleep.
 */
static int enter_memory(struct hijack_guest *guest)
{
	int error;

	if (guest->mm == current->mm)
		return 0;
	leave_memory(guest);
	guest->mapping = true;
	error = hijack_reserve(guest->session);
	guest->mapping = false;
	if (error)
		return error;
	guest->unfit = false;
	guest->guard.ops = &guard_ops;
	error = mmu_notifier_register(&guest->guard, current->mm);
	if (error)
		return error;
	guest->mm = current->mm;
	mmgrab(guest->mm);
	guest->global = hijack_global_start(guest->mm);
	if (IS_ERR(guest->global)) {
		error = PTR_ERR(guest->global);
		guest->global = NULL;
		leave_memory(guest);
	}
	return error;
}

/* ---- Who owns it. */

static void watch_out(struct preempt_notifier *watch, struct task_struct *next)
{
	struct hijack_guest *guest = container_of(watch, struct hijack_guest, watch);

	if (task_is_running(current))
		return;
	WRITE_ONCE(guest->blocked, true);
	/* It sleeps, so the executive need not wait for it. */
	if (READ_ONCE(guest->session->idle))
		irq_work_queue(&guest->session->nudge);
}

/*
 * A task wakes up.  If it is an owner and the executive keeps the processor from
 * it, then the executive must know.
 * Context: scheduler, interrupts off, its locks held.
 */
void hijack_owner_wakes(struct task_struct *task)
{
	struct hijack_guest *guest;

	if (hlist_empty(&task->preempt_notifiers))	/* nearly all */
		return;
	spin_lock(&owners_lock);	/* keeps the guest, whose owner need not be current */
	hash_for_each_possible(owners, guest, owner_link, (unsigned long)task) {
		if (guest->owner != task || !READ_ONCE(guest->blocked))
			continue;
		WRITE_ONCE(guest->blocked, false);
		if (READ_ONCE(guest->session->idle))
			continue;
		WRITE_ONCE(guest->session->woken, true);
		irq_work_queue(&guest->session->nudge);
	}
	spin_unlock(&owners_lock);
}

static void watch_in(struct preempt_notifier *watch, int cpu)
{
}

static struct preempt_ops watch_ops = { .sched_in = watch_in, .sched_out = watch_out };

/*
 * The area of restartable sequences would be updated only when the owner goes to
 * user mode, so it is unregistered, as rseq(2) does it: the C library then asks
 * the kernel instead.  May sleep.
 */
static void drop_rseq(void)
{
#ifdef CONFIG_RSEQ
	struct rseq __user *area = current->rseq;

	if (!area)
		return;
	rseq_execve(current);
	if (put_user(0U, &area->cpu_id_start) || put_user((u32)RSEQ_CPU_ID_UNINITIALIZED, &area->cpu_id))
		force_sig(SIGSEGV);
#endif
}

/* Context: the owner; may sleep. */
static void hire(struct hijack_guest *guest)
{
	drop_rseq();
	preempt_notifier_init(&guest->watch, &watch_ops);
	preempt_disable();
	preempt_notifier_register(&guest->watch);
	guest->watched = true;
	preempt_enable();
}

/* The owner is none any more.  Context: the owner, preemption may be off. */
static void resign(struct hijack_guest *guest)
{
	struct hijack_session *session = guest->session;
	unsigned long flags;

	preempt_disable();
	if (guest->watched)
		preempt_notifier_unregister(&guest->watch);
	guest->watched = false;
	preempt_enable();
	spin_lock_irqsave(&owners_lock, flags);
	hash_del(&guest->owner_link);
	spin_unlock_irqrestore(&owners_lock, flags);
	spin_lock_irqsave(&session->spin, flags);
	guest->place = PLACE_GONE;
	hijack_post(guest, OSEXT_HIJACK_EVENT_GONE);
	spin_unlock_irqrestore(&session->spin, flags);
}

/* What a guest leaves when nobody refers to it any more.  May sleep. */
void hijack_lay_off(struct hijack_guest *guest)
{
	leave_memory(guest);
	if (guest->owner)
		put_task_struct(guest->owner);
}

/* ---- At work. */

/* Die as the executive's thread died, past any handler. */
static void die_of(int signal)
{
	/* Whoever could survive the signal would go on in a frame that the guest has left. */
	if (!signal || current->ptrace || (current->signal->flags & SIGNAL_UNKILLABLE))
		signal = SIGKILL;
	spin_lock_irq(&current->sighand->siglock);
	if (signal != SIGKILL) {
		current->sighand->action[signal - 1].sa.sa_handler = SIG_DFL;
		sigdelset(&current->blocked, signal);
		recalc_sigpending();
	}
	spin_unlock_irq(&current->sighand->siglock);
	send_sig(signal, current, 1);
}

/* All that a task does between a system call and user mode: signals, files to close. */
static void settle(struct pt_regs *regs)
{
	for (;;) {
		if (test_thread_flag(TIF_SIGPENDING) || test_thread_flag(TIF_NOTIFY_SIGNAL)) {
			static_call(hijack_do_signal)(regs);
		} else if (test_and_clear_thread_flag(TIF_NOTIFY_RESUME)) {
			smp_mb__after_atomic();
			if (task_work_pending(current))
				static_call(hijack_task_work_run)();
		} else {
			return;
		}
		cond_resched();
	}
}

/*
 * vfork and posix_spawn share memory with the child, which would see the
 * executive while it runs the parent.  So they are fork, and the parent waits.
 * The child's registers are current_pt_regs(): the copy only has arguments.
 */
static void unshare_memory(struct pt_regs *call, unsigned int *nr)
{
	if (*nr == __NR_vfork) {
		*nr = __NR_clone;
		call->di = CLONE_VFORK | SIGCHLD;
		call->si = call->dx = call->r10 = call->r8 = 0;
	} else if (*nr == __NR_clone) {
		call->di &= ~CLONE_VM;
	}
}

static long make_call(struct hijack_guest *guest, unsigned int nr)
{
	struct pt_regs call = *current_pt_regs();
	long result = hijack_deny(nr, &call);
	bool suspended;

	if (result)
		return result;
	if (nr == __NR_fork || nr == __NR_vfork || nr == __NR_clone) {
		struct hijack_guest *newborn = hijack_guest_new(guest->session);

		if (IS_ERR(newborn))
			return PTR_ERR(newborn);
		guest->newborn = newborn;
	}
	unshare_memory(&call, &nr);
	suspended = hijack_global_suspend(guest->global, nr);
	result = static_call(hijack_x64_sys_call)(&call, nr);
	if (suspended)
		hijack_global_resume(guest->global);
	else
		hijack_global_refresh(guest->global, nr);
	if (guest->newborn) {	/* no child came of it */
		hijack_guest_free(guest->newborn);
		hijack_guest_put(guest->newborn);
		guest->newborn = NULL;
	}
	return result;
}

/* What the executive asked for.  False: the guest leaves. */
static bool serve(struct hijack_guest *guest)
{
	struct osext_hijack_state *state = guest->context;
	struct pt_regs *regs = current_pt_regs();
	s64 request = state->request;

	if (request != __NR_read && request != __NR_write)
		hijack_end_test(guest);
	if (hijack_context_load(state)) {
		pr_info_ratelimited("osext_hijack: killing guest %d: the executive gives it an impossible state\n",
				    task_pid_nr(current));
		die_of(SIGKILL);
		return true;
	}
	regs->orig_ax = -1;
	if (guest->leave)
		return false;
	if (request == OSEXT_HIJACK_REQUEST_FAULT) {
		current->thread.trap_nr = state->fault_trap;
		current->thread.error_code = state->fault_error;
		current->thread.cr2 = state->fault_address;
		hijack_force_fault(state->fault_number, state->fault_code, state->fault_address);
	} else if (request >= 0) {
		regs->ax = -ENOSYS;
		if (request < NR_syscalls) {
			regs->orig_ax = request;
			regs->ax = make_call(guest, array_index_nospec(request, NR_syscalls));
		}
		state->result = regs->ax;
	}
	return true;
}

static bool withdraw(struct hijack_guest *guest)
{
	struct hijack_session *session = guest->session;
	bool ours = false;

	spin_lock_irq(&session->spin);
	if (guest->place == PLACE_OFFERED) {
		guest->place = PLACE_OWNER;
		guest->events &= ~(1U << OSEXT_HIJACK_EVENT_SERVED);
		if (!guest->events)
			list_del_init(&guest->event_link);
		ours = true;
	} else if (guest->place == PLACE_EXECUTIVE) {
		hijack_post(guest, OSEXT_HIJACK_EVENT_RECALL);
	}
	spin_unlock_irq(&session->spin);
	return ours;
}

/*
 * The owner was killed while the executive, perhaps mapped into its memory on
 * another CPU, has the guest.  What the kernel writes for a dying thread, to
 * addresses that the guest chose, must not reach it there.
 * True: it has given the guest back in time.
 */
static bool await_last(struct hijack_guest *guest)
{
	if (wait_event_timeout(guest->wait, READ_ONCE(guest->asked) || READ_ONCE(guest->session->dead), HZ / 10))
		return true;
	current->clear_child_tid = NULL;
	current->robust_list = NULL;
#ifdef CONFIG_COMPAT
	current->compat_robust_list = NULL;
#endif
	return false;
}

/*
 * Offers the guest's registers and waits until the executive wants something.
 * False: a signal came while nobody had taken them.
 */
static bool offer(struct hijack_guest *guest, u32 event)
{
	struct hijack_session *session = guest->session;

	hijack_context_save(guest->context);
	spin_lock_irq(&session->spin);
	guest->place = PLACE_OFFERED;
	hijack_post(guest, event);
	spin_unlock_irq(&session->spin);

	if (wait_event_interruptible(guest->wait, READ_ONCE(guest->asked) || READ_ONCE(session->dead))) {
		if (withdraw(guest))
			return false;
		/* The executive has them, and was told. */
		if (wait_event_killable(guest->wait, READ_ONCE(guest->asked) || READ_ONCE(session->dead)))
			return await_last(guest);
	}
	return true;
}

/* The life of an owner.  Context: on the way to user mode, may sleep. */
static void drive(struct callback_head *work)
{
	struct hijack_guest *guest = container_of(work, struct hijack_guest, adoption);
	struct hijack_session *session = guest->session;
	struct pt_regs *regs = current_pt_regs();
	u32 event = OSEXT_HIJACK_EVENT_ARRIVED;

	if (current->flags & PF_EXITING)
		return;
	hire(guest);
	for (;;) {
		settle(regs);
		if (enter_memory(guest)) {
			pr_info_ratelimited("osext_hijack: killing guest %d: no place for the executive in its memory\n",
					    task_pid_nr(current));
			die_of(SIGKILL);
			continue;
		}
		if (!offer(guest, event))
			continue;
		event = OSEXT_HIJACK_EVENT_SERVED;
		if (READ_ONCE(session->dead)) {
			die_of(session->exit_signal);
			continue;
		}
		guest->asked = false;
		if (!serve(guest))
			break;
		hijack_end_test(guest);
	}
	/* It leaves, and is an ordinary task again. */
	WRITE_ONCE(guest->unfit, true);	/* so that the guard lets the reservation go */
	hijack_unreserve(session);
	stop_global(guest);
	resign(guest);
	hijack_guest_put(guest);
}

/* ---- Coming and going. */

static void bury(struct work_struct *work)
{
	hijack_guest_put(container_of(work, struct hijack_guest, burial));
}

/*
 * Makes `task`, which is current or was just forked by it, the owner as soon as
 * it goes to user mode.  The owner keeps the caller's reference.
 * Context: any, the task does not exit meanwhile.
 */
void hijack_own(struct hijack_guest *guest, struct task_struct *task)
{
	unsigned long flags;

	guest->owner = get_task_struct(task);
	spin_lock_irqsave(&owners_lock, flags);
	hash_add(owners, &guest->owner_link, (unsigned long)task);
	guest->session->statistics.joins++;
	spin_unlock_irqrestore(&owners_lock, flags);
	INIT_WORK(&guest->burial, bury);
	init_task_work(&guest->adoption, drive);
	task_work_add(task, &guest->adoption, TWA_RESUME);
}

/* Context: tracepoint, in the parent, before the child runs. */
void hijack_owner_forks(struct task_struct *child)
{
	struct hijack_guest *parent = hijack_guest_of(current);
	struct hijack_guest *newborn = parent ? parent->newborn : NULL;

	if (!newborn)
		return;
	parent->newborn = NULL;
	hijack_own(newborn, child);
}

/* Context: tracepoint, in the dying task, preemption off. */
void hijack_owner_exits(struct task_struct *task)
{
	struct hijack_guest *guest = hijack_guest_of(task);

	if (!guest)
		return;
	resign(guest);
	queue_work(hijack_workqueue, &guest->burial);
}
