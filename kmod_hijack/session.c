// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a session: a thread attaches as the executive; a process joins
 * and becomes its guest, its own task parked here; the guest leaves, or one of
 * the two dies and takes the guest with it.
 */
#include <linux/cred.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/seccomp.h>
#include <linux/tracepoint.h>

#include "compat.h"
#include "hijack.h"

struct task_struct *hijack_thread;
struct hijack_session *hijack_active;

static DEFINE_MUTEX(attach_lock);
static struct workqueue_struct *burials;

/* Kill the executive's thread; its guest dies with it.  Context: any that may take siglock. */
void hijack_condemn(struct hijack_session *session, const char *why)
{
	pr_info_ratelimited("osext_hijack: ending executive %d: %s\n", task_pid_nr(session->thread), why);
	send_sig(SIGKILL, session->thread, 1);
}

/* What neither the executive's thread nor a guest may have.  0 or -EPERM. */
static int check_task(void)
{
	unsigned long work = READ_ONCE(current_thread_info()->syscall_work);

	if (work & (SYSCALL_WORK_SECCOMP | SYSCALL_WORK_SYSCALL_TRACE | SYSCALL_WORK_SYSCALL_EMU |
		    SYSCALL_WORK_SYSCALL_AUDIT | SYSCALL_WORK_SYSCALL_USER_DISPATCH))
		return -EPERM;	/* their checks would see only half of the calls */
	if (current->ptrace || hijack_has_shadow_stack(current) || current->io_uring || hijack_has_perf(current))
		return -EPERM;
	return 0;
}

/*
 * The calling thread becomes the session's executive.  May sleep.
 * -EBUSY: another executive lives; -EINVAL: arguments, region or thread unfit
 * (more than one thread, rseq registered); -EPERM: see check_task().
 */
int hijack_attach(struct hijack_session *session, const struct osext_hijack_attach *arguments)
{
	u64 first = OSEXT_EXECUTIVE_BASE + OSEXT_HIJACK_SHARED_BYTES;
	u64 end = OSEXT_EXECUTIVE_BASE + session->page_count * PAGE_SIZE;
	int error = check_task();

	if (error)
		return error;
	if (session->attached || !session->private || !hijack_maps_region(session, current->mm))
		return -EINVAL;
	if (arguments->entry < first || arguments->entry >= end)
		return -EINVAL;
	if (arguments->stack <= first || arguments->stack > end || arguments->stack % 8)
		return -EINVAL;
	if (!thread_group_empty(current) || current->rseq)
		return -EINVAL;

	mutex_lock(&attach_lock);
	if (hijack_active) {
		mutex_unlock(&attach_lock);
		return -EBUSY;
	}
	session->private->entry = arguments->entry;
	session->private->stack = arguments->stack;
	session->private->limit = TASK_SIZE_MAX;
	session->private->state = STATE_HOME;
	session->private->slow = hijack_slow_path || hijack_leave_hooked ? SLOW_ALWAYS : 0;
	session->thread = get_task_struct(current);
	session->home = current->mm;
	mmget(session->home);
	get_file(session->file);	/* the thread's stub and notifiers use the session */
	session->attached = true;
	hijack_active = session;
	WRITE_ONCE(hijack_thread, current);
	hijack_engine_start(session);
	mutex_unlock(&attach_lock);
	return 0;
}

/* Somebody takes the reservation away, perhaps with the executive mapped in it. */
static int guard_unmap(struct mmu_notifier *guard, const struct mmu_notifier_range *range)
{
	struct hijack_session *session = container_of(guard, struct hijack_session, guard);

	if (range->event != MMU_NOTIFY_UNMAP || range->end <= OSEXT_EXECUTIVE_BASE ||
	    range->start >= OSEXT_EXECUTIVE_BASE + OSEXT_EXECUTIVE_SIZE)
		return 0;
	if (current == session->thread)
		hijack_unhook(session, STATE_HOME);
	hijack_condemn(session, "the executive's place in its guest was unmapped");
	return 0;
}

static const struct mmu_notifier_ops guard_ops = { .invalidate_range_start = guard_unmap };

/* Context: the owner, with the thread at home or dead; may sleep. */
static void release_guest(struct hijack_session *session)
{
	struct mm_struct *guest = session->guest;

	mmu_notifier_unregister(&session->guard, guest);
	session->guest = NULL;
	session->phase = PHASE_NONE;
	mmput(guest);
}

/* The process has this thread only, and shares its memory with nobody.  May sleep. */
static bool is_alone(void)
{
	int tries;

	/* A thread that was joined may not be gone yet; readers in /proc hold a reference for a moment. */
	for (tries = 0; tries < 100; tries++) {
		if (thread_group_empty(current) && atomic_read(&current->mm->mm_users) == 1)
			return true;
		msleep(1);
	}
	return false;
}

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

/* The guest keeps its owner's rights on the executive's thread. */
static bool has_same_rights(struct task_struct *thread)
{
	const struct cred *ours = current_cred(), *theirs;
	bool same;

	rcu_read_lock();
	theirs = __task_cred(thread);
	same = uid_eq(ours->uid, theirs->uid) && uid_eq(ours->euid, theirs->euid) && uid_eq(ours->fsuid, theirs->fsuid) &&
	       gid_eq(ours->gid, theirs->gid) && gid_eq(ours->egid, theirs->egid) && gid_eq(ours->fsgid, theirs->fsgid) &&
	       ours->group_info == theirs->group_info && ours->user_ns == theirs->user_ns &&
	       cap_issubset(ours->cap_effective, theirs->cap_effective) &&
	       cap_issubset(theirs->cap_effective, ours->cap_effective);
	rcu_read_unlock();
	return same && task_no_new_privs(current) == task_no_new_privs(thread);
}

static int hand_over(struct hijack_session *session)
{
	int error;

	if (!session->attached)
		return -ENXIO;
	if (session->phase != PHASE_NONE)
		return -EBUSY;
	if (wait_event_killable(session->wait, session->idle || session->dead))
		return -EINTR;
	if (session->dead)
		return -ESRCH;
	if (!has_same_rights(session->thread))
		return -EPERM;
	session->context.regs = *current_pt_regs();
	session->context.regs.ax = 0;
	session->context.regs.orig_ax = -1;
	hijack_context_save(&session->context);
	session->guard.ops = &guard_ops;
	error = mmu_notifier_register(&session->guard, current->mm);
	if (error)
		return error;
	session->guest = current->mm;
	mmget(session->guest);
	session->statistics.joins++;
	smp_store_release(&session->phase, PHASE_HANDED);
	wake_up_all(&session->wait);
	return 0;
}

/*
 * The calling process becomes the guest.  Returns 0 on the executive's thread,
 * inside; and on the caller's own, when the guest left, whatever the guest's
 * rax is to be.  Sleeps all that time.
 * -ENXIO: no executive; -ESRCH: it died; -EBUSY: it has a guest, or the caller
 * is it; -EINVAL: several threads, or no reservation; -EPERM: see check_task()
 * and has_same_rights().
 */
long hijack_join(struct hijack_session *session)
{
	int error = check_task();

	if (error || !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (current == session->thread)
		return -EBUSY;
	if (!is_alone() || current_pt_regs()->cs != __USER_CS || !hijack_maps_reservation(current->mm))
		return -EINVAL;
	if (mutex_lock_killable(&session->lock))
		return -EINTR;
	error = hand_over(session);
	mutex_unlock(&session->lock);
	if (error)
		return error;

	error = wait_event_killable(session->wait,
				    smp_load_acquire(&session->phase) == PHASE_RETURNED || session->dead);
	if (error) {	/* killed: the guest must not live on, and its memory be left by the thread first */
		hijack_condemn(session, "the owner of its guest was killed");
		wait_event(session->wait, session->dead);
	} else if (smp_load_acquire(&session->phase) == PHASE_RETURNED) {
		*current_pt_regs() = session->context.regs;
		hijack_context_load(&session->context);
	} else {
		die_of(session->exit_signal);
		error = -EINTR;
	}
	mutex_lock(&session->lock);
	release_guest(session);
	mutex_unlock(&session->lock);
	return error ? -EINTR : (long)current_pt_regs()->ax;
}

/* The executive's thread waits for a guest and becomes it; returns what its rax is to be. */
long hijack_next(struct hijack_session *session, struct pt_regs *regs)
{
	int error;

	WRITE_ONCE(session->idle, true);
	wake_up_all(&session->wait);
	error = wait_event_interruptible(session->wait, smp_load_acquire(&session->phase) == PHASE_HANDED);
	WRITE_ONCE(session->idle, false);
	if (error)
		return -EINTR;
	if (!hijack_owns_slot(session) || hijack_has_perf(current) ||
	    !hijack_choose_slot(session, session->guest)) {
		session->context.regs.ax = -EFAULT;
		smp_store_release(&session->phase, PHASE_RETURNED);
		wake_up_all(&session->wait);
		return -EAGAIN;
	}
	session->phase = PHASE_RUNNING;
	hijack_use_mm(session->guest);
	hijack_context_load(&session->context);
	*regs = session->context.regs;
	session->private->state = STATE_GUEST;
	return regs->ax;
}

/* The executive's thread gives the guest, whose registers are `regs`, to its owner and goes home. */
void hijack_give_back(struct hijack_session *session, const struct pt_regs *regs)
{
	session->context.regs = *regs;
	hijack_context_save(&session->context);
	hijack_unhook(session, STATE_HOME);
	session->private->slot = NULL;
	hijack_use_mm(session->home);
	smp_store_release(&session->phase, PHASE_RETURNED);
	wake_up_all(&session->wait);
}

/* What is left to do after the executive's thread died.  May sleep. */
void hijack_bury(struct work_struct *work)
{
	struct hijack_session *session = container_of(work, struct hijack_session, burial);

	/* Its guest, if it had one, is released by the guest's owner. */
	mmput(session->home);
	fput(session->file);	/* may free the session, from another context */
}

/* Context: the dying task, preemption off, its address space already gone. */
static void on_exit(void *unused, struct task_struct *task)
{
	struct hijack_session *session = hijack_active;

	if (task != READ_ONCE(hijack_thread))
		return;
	hijack_engine_stop(session);
	WRITE_ONCE(hijack_thread, NULL);
	hijack_active = NULL;
	session->exit_signal = task->exit_code & 0x7f;
	WRITE_ONCE(session->dead, true);
	wake_up_all(&session->wait);
	queue_work(burials, &session->burial);
}

int hijack_session_init(void)
{
	int error;

	burials = alloc_workqueue("osext_hijack", 0, 0);
	if (!burials)
		return -ENOMEM;
	error = tracepoint_probe_register(hijack_kernel.process_exit, on_exit, NULL);
	if (error)
		destroy_workqueue(burials);
	return error;
}

void hijack_session_exit(void)
{
	tracepoint_probe_unregister(hijack_kernel.process_exit, on_exit, NULL);
	tracepoint_synchronize_unregister();
	destroy_workqueue(burials);
}
