// SPDX-License-Identifier: GPL-2.0
/*
 * Faults of a watched host's own program.  The kernel makes a signal of each; that
 * signal is held back until the event has been told, and then sent as the kernel would
 * have done it.  Otherwise it would be taken first, and if nothing handles it there would be
 * no host any more to tell of it.
 */
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <asm/trapnr.h>

#include "compat.h"
#include "queue.h"
#include "uls.h"

static bool is_of_hardware(int signal)
{
	return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL || signal == SIGTRAP;
}

/*
 * Without an address or a reason in the signal the trap may be none: so it is where a signal's
 * handler finds no stack, and the last trap's number is still there.
 */
static u32 trap_number(const struct kernel_siginfo *info)
{
	u32 trap = current->thread.trap_nr;

	if (info->si_signo == SIGSEGV && info->si_code == SI_KERNEL &&
	    (trap == X86_TRAP_PF || trap < X86_TRAP_OF || trap > X86_TRAP_GP))
		return OSEXT_ULS_NO_TRAP;
	return trap;
}

static void describe(struct osext_uls_fault *fault, const struct uls_host *host, const struct pt_regs *regs)
{
	const struct kernel_siginfo *info = &host->fault;

	fault->trap = trap_number(info);
	fault->error_code = fault->trap == OSEXT_ULS_NO_TRAP ? 0 : current->thread.error_code;
	fault->address = fault->trap == X86_TRAP_PF	 ? current->thread.cr2 :
			 info->si_code == SI_KERNEL	 ? 0 :
							   (unsigned long)info->si_addr;
	fault->ip = regs->ip;
	fault->signal = info->si_signo;
	fault->code = info->si_code;
	fault->pid = host->pid;
	fault->reserved = 0;
}

/* True if a binding wants to know of it.  Context: interrupts off. */
static bool tell(struct uls_host *host, const struct pt_regs *regs)
{
	struct uls_binding *binding;
	bool told = false;

	uls_lock();
	list_for_each_entry(binding, &host->watches, watch.in_host) {
		if (binding->kind != OSEXT_ULS_FAULT || !binding->enabled)
			continue;
		uls_mark(binding);
		told = true;
		if (uls_enqueue(binding, host->fault.si_signo))
			describe(&uls_last_about(binding)->fault, host, regs);
	}
	uls_unlock();
	return told;
}

/*
 * A signal is about to be forced upon `host`, current, which is watched and in no upcall.  True: it is
 * held back.  Not if it is no fault of the program's own, or the same one waits already,
 * or a debugger does.  Context: any of a task's.
 */
bool uls_hold_fault(struct uls_host *host, const struct kernel_siginfo *info)
{
	struct pt_regs *regs = task_pt_regs(current);
	unsigned long flags;

	if (host->releasing || host->held || current->ptrace || (long)regs->orig_ax != -1 ||
	    !is_of_hardware(info->si_signo) || sigismember(&current->pending.signal, info->si_signo))
		return false;
	local_irq_save(flags);
	host->fault = *info;
	if (tell(host, regs)) {
		host->held = true;
		host->trap_nr = current->thread.trap_nr;
		host->error_code = current->thread.error_code;
		host->cr2 = current->thread.cr2;
		uls_arm_return();
	}
	local_irq_restore(flags);
	return host->held;
}

/*
 * The signal goes on its way.  Context: the host on its way to user mode, interrupts off; or, while
 * no host runs, somebody else.
 */
void uls_release_fault(struct uls_host *host)
{
	struct task_struct *task = host->task;

	host->held = false;
	/* An extension that faulted has left its own. */
	task->thread.trap_nr = host->trap_nr;
	task->thread.error_code = host->error_code;
	task->thread.cr2 = host->cr2;
	host->releasing = true;
	uls_force_signal(&host->fault, task);
	host->releasing = false;
}
