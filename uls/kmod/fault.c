// SPDX-License-Identifier: GPL-2.0
/*
 * Faults.  Whatever a program does wrong reaches it as a forced signal, by one function
 * of the kernel.  For a task in an upcall that function is diverted, so that the fault is
 * the extension's and the program never hears of it; for a host whose own faults are
 * watched, until that is told (trap.c).
 */
#include <linux/signal_types.h>

#include "compat.h"
#include "uls.h"

/* Stands for force_sig_info_to_task(). */
static int swallow(struct kernel_siginfo *info, struct task_struct *task, int handler)
{
	return 0;
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
		host->verdict = OSEXT_ULS_ABORT_FAULT;
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
