// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a session: a thread attaches as the executive, processes join as
 * guests, and the executive's death is theirs too.
 */
#include <linux/capability.h>
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
struct workqueue_struct *hijack_workqueue;

static DEFINE_MUTEX(attach_lock);

/* Kill the executive's thread; its guests die with it.  Context: any that may take siglock. */
void hijack_condemn(struct hijack_session *session, const char *why)
{
	pr_info_ratelimited("osext_hijack: ending executive %d: %s\n", task_pid_nr(session->thread), why);
	send_sig(SIGKILL, session->thread, 1);
}

/*
 * Something waits for the executive: end its sleep in NEXT, or have it look
 * before it goes to a guest, or take it out of one.
 * Context: any; interrupts may be off, the session's spin lock held.
 */
void hijack_notify(struct hijack_session *session)
{
	bool noticed;

	wake_up_all(&session->wait);
	if (READ_ONCE(session->idle) || !session->attached || READ_ONCE(session->dead))
		return;
	noticed = atomic_fetch_or(SLOW_NOTICE, &session->private->slow) & SLOW_NOTICE;
	if (session->by_handler) {
		/* A guest that runs hears of it by a signal alone, and of one at a time. */
		if (!noticed && READ_ONCE(session->ready))
			send_sig(OSEXT_HIJACK_SIGNAL_EVENT, session->thread, 1);
		return;
	}
	set_tsk_thread_flag(session->thread, TIF_NOTIFY_SIGNAL);
	kick_process(session->thread);
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
 * (more than one thread, rseq registered); -EPERM: see check_task();
 * -EOPNOTSUPP: see hijack_delivery_attach() and hijack_global_attach().
 */
int hijack_attach(struct hijack_session *session, const struct osext_hijack_attach *arguments)
{
	u64 end = session->page_count * PAGE_SIZE - OSEXT_HIJACK_SHARED_BYTES;
	u64 first = OSEXT_EXECUTIVE_BASE + OSEXT_HIJACK_SHARED_BYTES;
	int error = check_task();

	if (error)
		return error;
	if (session->attached || !session->private || !hijack_maps_region(session, current->mm))
		return -EINVAL;
	if (arguments->entry - first >= end || arguments->upcall - first >= end)
		return -EINVAL;
	if (!thread_group_empty(current) || current->rseq)
		return -EINVAL;

	mutex_lock(&attach_lock);
	if (hijack_active) {
		mutex_unlock(&attach_lock);
		return -EBUSY;
	}
	error = hijack_global_attach(session, arguments->flags);
	if (error) {
		mutex_unlock(&attach_lock);
		return error;
	}
	if (arguments->flags & OSEXT_HIJACK_BY_HANDLER)
		error = hijack_delivery_attach(session, arguments->signal_stack);
	else if (arguments->signal_stack)
		error = -EINVAL;
	if (error) {
		mutex_unlock(&attach_lock);
		return error;
	}
	session->private->entry = arguments->entry;
	session->private->upcall = arguments->upcall;
	session->private->limit = TASK_SIZE_MAX;
	session->private->state = STATE_HOME;
	atomic_set(&session->private->slow, hijack_leave_hooked ? SLOW_ALWAYS : 0);
	if (!strcmp(hijack_flush, "invlpg"))
		atomic_or(SLOW_BY_PAGE, &session->private->slow);
	if (session->by_handler)
		atomic_or(SLOW_HANDLER, &session->private->slow);
	/* All pages of the region may be remembered, used or not; nothing else is in the executive's slot. */
	session->private->flush_end = OSEXT_EXECUTIVE_BASE + (hijack_flush_pages ?: session->page_count) * PAGE_SIZE;
	session->thread = get_task_struct(current);
	session->home = current->mm;
	mmget(session->home);
	get_file(session->file);	/* the thread's stub and notifiers use the session */
	session->attached = true;
	hijack_active = session;
	WRITE_ONCE(hijack_thread, current);
	hijack_start_switching();
	hijack_engine_start(session);
	mutex_unlock(&attach_lock);
	return 0;
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

/*
 * The calling process becomes a guest on its way back to user mode.
 * Returns 0, inside.  May sleep.
 * -ENXIO: no executive; -ESRCH: it died; -EAGAIN: it has too many guests;
 * -EBUSY: the caller is it, or a guest; -EINVAL: several threads; -EPERM: see
 * check_task().
 */
long hijack_join(struct hijack_session *session)
{
	struct hijack_guest *guest;

	if (check_task() || !capable(CAP_SYS_ADMIN) || (current->signal->flags & SIGNAL_UNKILLABLE))
		return -EPERM;
	if (current == session->thread || hijack_guest_of(current))
		return -EBUSY;
	if (!is_alone() || current_pt_regs()->cs != __USER_CS)
		return -EINVAL;
	if (!session->attached)
		return -ENXIO;
	if (READ_ONCE(session->dead))
		return -ESRCH;
	guest = hijack_guest_new(session, NULL);
	if (IS_ERR(guest))
		return PTR_ERR(guest);
	hijack_own(guest, current);
	return 0;
}

/* What is left to do after the executive's thread died.  May sleep. */
void hijack_bury(struct work_struct *work)
{
	struct hijack_session *session = container_of(work, struct hijack_session, burial);
	unsigned int id;
	bool served;

	hijack_drop_current(session);
	hijack_reap(session, true);
	for (id = 0; id < OSEXT_HIJACK_GUESTS_MAX; id++) {
		struct hijack_guest *guest;

		spin_lock_irq(&session->spin);
		guest = session->guests[id];
		if (guest)
			kref_get(&guest->references);
		served = guest && guest->owner && guest->place == PLACE_OWNER;
		spin_unlock_irq(&session->spin);
		if (!guest)
			continue;
		/* In offer() it sees that the session is dead; out of a call it is to be fetched. */
		wake_up(&guest->wait);
		if (served)
			send_sig(SIGKILL, guest->owner, 1);
		hijack_guest_free(guest);
		hijack_guest_put(guest);
	}
	mmput(session->home);
	WRITE_ONCE(session->buried, true);
	wake_up_all(&session->wait);
	fput(session->file);	/* may free the session, from another context */
}

/* Context: the dying task, preemption off, its address space already gone. */
static void on_exit(void *unused, struct task_struct *task)
{
	struct hijack_session *session = hijack_active;
	unsigned long flags;

	hijack_owner_exits(task);
	if (task != READ_ONCE(hijack_thread))
		return;
	hijack_engine_stop(session);
	WRITE_ONCE(hijack_thread, NULL);
	hijack_active = NULL;
	session->exit_signal = task->exit_code & 0x7f;
	spin_lock_irqsave(&session->spin, flags);	/* no guest is added from now on */
	WRITE_ONCE(session->dead, true);
	spin_unlock_irqrestore(&session->spin, flags);
	wake_up_all(&session->wait);
	queue_work(hijack_workqueue, &session->burial);
}

/* Context: scheduler, interrupts off, its locks held. */
static void on_wakeup(void *unused, struct task_struct *task)
{
	hijack_owner_wakes(task);
}

/* Context: the parent, preemption off; the child has not run. */
static void on_fork(void *unused, struct task_struct *parent, struct task_struct *child)
{
	hijack_owner_forks(child);
	if (hijack_by_entry && parent == READ_ONCE(hijack_thread))
		hijack_trace_forks(child);
}

int hijack_session_init(void)
{
	int error;

	hijack_workqueue = alloc_workqueue("osext_hijack", 0, 0);
	if (!hijack_workqueue)
		return -ENOMEM;
	error = tracepoint_probe_register(hijack_kernel.process_exit, on_exit, NULL);
	if (error)
		goto fail;
	error = tracepoint_probe_register(hijack_kernel.process_fork, on_fork, NULL);
	if (error)
		goto fail_fork;
	error = tracepoint_probe_register(hijack_kernel.wakeup, on_wakeup, NULL);
	if (!error)
		return 0;
	tracepoint_probe_unregister(hijack_kernel.process_fork, on_fork, NULL);
fail_fork:
	tracepoint_probe_unregister(hijack_kernel.process_exit, on_exit, NULL);
	tracepoint_synchronize_unregister();
fail:
	destroy_workqueue(hijack_workqueue);
	return error;
}

void hijack_session_exit(void)
{
	hijack_global_exit();
	tracepoint_probe_unregister(hijack_kernel.wakeup, on_wakeup, NULL);
	tracepoint_probe_unregister(hijack_kernel.process_fork, on_fork, NULL);
	tracepoint_probe_unregister(hijack_kernel.process_exit, on_exit, NULL);
	tracepoint_synchronize_unregister();
	destroy_workqueue(hijack_workqueue);
}
