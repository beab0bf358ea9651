// SPDX-License-Identifier: GPL-2.0
/*
 * Faults.  Whatever a program does wrong reaches it as a forced signal, by one function
 * of the kernel.  For a task in an upcall that function is diverted, so that the fault is
 * the extension's and the program never hears of it; for a host whose own faults are
 * watched, until that is told (trap.c).
 */
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "uls.h"

/* Stands for force_sig_info_to_task(). */
static int swallow(struct kernel_siginfo *info, struct task_struct *task, int handler)
{
	return 0;
}

/* It cannot be read and written, so the kernel fails to say there that the CPU has changed. */
static bool has_bad_sequence(void)
{
	struct rseq __user *rseq = current->rseq;
	u32 cpu;

	return rseq && (copy_from_user_nofault(&cpu, &rseq->cpu_id_start, sizeof(cpu)) ||
			copy_to_user_nofault(&rseq->cpu_id_start, &cpu, sizeof(cpu)));
}

/*
 * A host can have arranged that an innocent extension fails in it: by breakpoints, by a
 * protection key, by what it does not let itself read.  The upcall is lost as if the host had been
 * killed, but does not count against the extension.  Context: preemption off.
 */
static bool is_arranged(const struct kernel_siginfo *info)
{
	if (info->si_signo == SIGTRAP)
		return info->si_code == TRAP_HWBKPT;
	if (info->si_signo != SIGSEGV)
		return false;
	if (info->si_code != SI_KERNEL)
		return info->si_code == SEGV_PKUERR;
	return test_thread_flag(TIF_NOTSC) || test_thread_flag(TIF_NOCPUID) || has_bad_sequence();
}

/* Context: preemption off. */
static void notrace divert(unsigned long ip, unsigned long parent, struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct uls_host *host = this_cpu_read(uls_cpu.host);

	if (!host || !in_task())
		return;
	if (host->place == ULS_OUT) {
		/* HANDLER_CURRENT, which is 0: others are not of faults. */
		if (host->watched && uls_argument(fregs, 1) == (unsigned long)current && !uls_argument(fregs, 2) &&
		    uls_hold_fault(host, (const struct kernel_siginfo *)uls_argument(fregs, 0)))
			uls_set_ip(fregs, (unsigned long)swallow);
		return;
	}
	if (host->verdict < 0)
		host->verdict = is_arranged((const struct kernel_siginfo *)uls_argument(fregs, 0)) ?
					OSEXT_ULS_ABORT_BLOCKED : OSEXT_ULS_ABORT_FAULT;
	uls_set_ip(fregs, (unsigned long)swallow);
}

static struct ftrace_ops ops = {
	.func = divert,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT,
};

/* May sleep. */
int uls_fault_init(void)
{
	int error = ftrace_set_filter_ip(&ops, uls_kernel.force_signal, 0, 0);

	if (!error)
		error = register_ftrace_function(&ops);
	if (error)
		pr_err("osext_uls: cannot divert %ps (%d): is it traced or live-patched, or kernel.ftrace_enabled=0?\n",
		       (void *)uls_kernel.force_signal, error);
	return error;
}

void uls_fault_exit(void)
{
	unregister_ftrace_function(&ops);
}
