// SPDX-License-Identifier: GPL-2.0
/*
 * Owners at work.
 *
 * A guest's own task never runs the guest.  It stays in hijack_drive(), on its
 * way to user mode, and there does what only it can do: it makes the system
 * calls that concern its files, its memory map, its children and its
 * credentials, and it takes its signals, as any task does on that way.  Between
 * two such works it offers the guest's registers to the executive.
 *
 * So fork, exec, wait, exit, job control, handlers and restarted calls are the
 * kernel's own, and a call that sleeps makes nobody wait but this task.
 */
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/task_work.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#include "compat.h"
#include "hijack.h"

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

static long make_call(struct hijack_guest *guest, unsigned int nr)
{
	struct pt_regs call = *current_pt_regs();
	long result = hijack_deny(nr, &call);
	bool forks = nr == __NR_fork || nr == __NR_vfork || nr == __NR_clone, suspended;

	if (result)
		return result;
	hijack_share_changes(guest, nr);
	if (forks) {
		struct hijack_guest *newborn = hijack_guest_new(guest->session, guest);

		if (IS_ERR(newborn))
			return PTR_ERR(newborn);
		guest->newborn = newborn;
		hijack_before_fork(guest);
	}
	if (hijack_unshare_memory(&call, &nr))
		guest->newborn->vfork_parent = get_task_struct(current);
	suspended = hijack_global_suspend(guest->global, nr);
	result = static_call(hijack_x64_sys_call)(&call, nr);
	if (suspended)
		hijack_global_resume(guest->global);
	else
		hijack_global_refresh(guest->global, nr);
	if (forks)
		hijack_after_fork(guest);
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
void hijack_drive(struct callback_head *work)
{
	struct hijack_guest *guest = container_of(work, struct hijack_guest, adoption);
	struct hijack_session *session = guest->session;
	struct pt_regs *regs = current_pt_regs();
	u32 event = OSEXT_HIJACK_EVENT_ARRIVED;

	if (current->flags & PF_EXITING)
		return;
	hijack_vfork_born(guest);
	hijack_hire(guest);
	for (;;) {
		settle(regs);
		if (hijack_enter_memory(guest)) {
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
	hijack_quit_memory(guest);
	hijack_resign(guest);
	hijack_guest_put(guest);
}
