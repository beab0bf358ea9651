// SPDX-License-Identifier: GPL-2.0
/*
 * Signals of the executive's thread: timers it set, faults of its guests, job
 * control.  The kernel's signal delivery is diverted here for this thread alone.
 *
 * While a guest runs they become upcalls: the guest's state goes to the shared
 * page and the thread to the executive (paper 2.3).  While the executive runs
 * they wait for its next NEXT or RESUME.  What stops or kills a thread is left
 * to the kernel in either case.
 *
 * Context: the executive's thread on its way to user mode, or in NEXT; may sleep.
 */
#include <linux/sched/signal.h>
#include <linux/task_work.h>
#include <asm/pkru.h>
#include <asm/special_insns.h>

#include "compat.h"
#include "hijack.h"

static bool is_fault(int signal, int code)
{
	return code > SI_USER && (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE ||
				  signal == SIGTRAP);
}

static void tell_signal(struct osext_hijack_shared *shared, const struct kernel_siginfo *info)
{
	shared->signal_number = info->si_signo;
	shared->signal_code = info->si_code;
	shared->signal_address = is_fault(info->si_signo, info->si_code) ? (u64)info->si_addr : 0;
	shared->signal_trap = current->thread.trap_nr;
	shared->signal_error = current->thread.error_code;
}

/* A guest that the executive cannot take over as it is: it dies, and what is left of it is made harmless. */
void hijack_check_guest(struct hijack_session *session, const struct pt_regs *regs)
{
	const char *why = NULL;

	if (regs->cs != __USER_CS)
		why = "it runs 32-bit code";
	if (cpu_feature_enabled(X86_FEATURE_OSPKE) && rdpkru() & PKRU_KEY0) {
		why = "it forbids itself ordinary memory";
		wrpkru(0x55555554);	/* what a new program has: key 0 only */
	}
	if (!why)
		return;
	pr_info_ratelimited("osext_hijack: killing guest %d: %s\n", task_pid_nr(session->current_guest->owner), why);
	send_sig(SIGKILL, session->current_guest->owner, 1);
}

/* From the guest, wherever it was, to the executive. */
void hijack_upcall(struct hijack_session *session, struct pt_regs *regs)
{
	struct osext_hijack_shared *shared = session->shared;

	hijack_check_guest(session, regs);
	shared->ip = regs->ip;
	shared->flags = regs->flags;
	shared->sp = regs->sp;
	shared->ax = regs->ax;
	shared->cx = regs->cx;
	shared->r11 = regs->r11;
	session->statistics.upcalls++;
	hijack_hook(session);
	regs->ip = session->private->upcall;
	regs->sp = session->private->stack;
	regs->flags = EXECUTIVE_FLAGS;
	regs->cs = __USER_CS;
	regs->ss = __USER_DS;
	regs->orig_ax = -1;
}

/* Did the executive itself fault?  Such signals are forced and cannot wait. */
static bool has_fault_pending(void)
{
	struct sigqueue *queued;
	bool found = false;

	spin_lock_irq(&current->sighand->siglock);
	list_for_each_entry(queued, &current->pending.list, list)
		found |= is_fault(queued->info.si_signo, queued->info.si_code);
	spin_unlock_irq(&current->sighand->siglock);
	return found;
}

static bool is_restart(long result)
{
	return result == -ERESTARTSYS || result == -ERESTARTNOINTR || result == -ERESTARTNOHAND ||
	       result == -ERESTART_RESTARTBLOCK;
}

static void defer(struct hijack_session *session, struct pt_regs *regs)
{
	struct ksignal signal;

	if (has_fault_pending()) {
		pr_info_ratelimited("osext_hijack: executive %d faults at %#lx: vector %lu, error %#lx, address %#lx\n",
				    task_pid_nr(current), regs->ip, current->thread.trap_nr,
				    current->thread.error_code, current->thread.cr2);
		hijack_condemn(session, "it faulted");
	}
	atomic_or(SLOW_NOTICE, &session->private->slow);
	clear_thread_flag(TIF_SIGPENDING);
	if (test_thread_flag(TIF_NOTIFY_SIGNAL)) {
		clear_notify_signal();
		if (task_work_pending(current))
			set_thread_flag(TIF_NOTIFY_RESUME);
	}
	smp_mb__after_atomic();	/* against a killer or a stop that sets the flag now */
	if (__fatal_signal_pending(current) || (current->jobctl & JOBCTL_PENDING_MASK)) {
		/* Does not return if it is fatal; else what it takes along waits here. */
		set_thread_flag(TIF_SIGPENDING);
		if (!session->has_signal && static_call(hijack_get_signal)(&signal)) {
			session->signal = signal.info;
			session->has_signal = true;
		}
	}
	if ((long)regs->orig_ax >= 0 && is_restart(regs->ax))
		regs->ax = -EINTR;
}

/* Stands for arch_do_signal_or_restart(). */
void hijack_signals(struct pt_regs *regs)
{
	struct hijack_session *session = hijack_active;
	struct ksignal signal;

	if (hijack_state(session) != STATE_GUEST) {
		defer(session, regs);
		return;
	}
	session->shared->signal_number = 0;
	if (static_call(hijack_get_signal)(&signal)) {
		tell_signal(session->shared, &signal.info);
		hijack_upcall(session, regs);
	} else if (atomic_read(&session->private->slow) & SLOW_NOTICE) {
		hijack_upcall(session, regs);
	}
}

/* Takes the next signal that waits for the executive; false if there is none. */
bool hijack_next_signal(struct hijack_session *session)
{
	struct ksignal signal;

	if (session->has_signal) {
		session->has_signal = false;
		tell_signal(session->shared, &session->signal);
		return true;
	}
	spin_lock_irq(&current->sighand->siglock);
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
	if (!signal_pending(current) || !static_call(hijack_get_signal)(&signal))
		return false;
	tell_signal(session->shared, &signal.info);
	return true;
}
