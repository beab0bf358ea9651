// SPDX-License-Identifier: GPL-2.0
/*
 * Functions of the kernel that go elsewhere for the executive's thread, and for
 * it alone; by ftrace.
 *
 * The stub enters the kernel as if the thread had called CARRIER_SYSCALL; that
 * function is diverted to carried().  So the kernel itself builds the register
 * frame, applies its mitigations and handles signals on the way out.  Signal
 * delivery is the other one (signal.c).
 */
#include <linux/ftrace.h>

#include "compat.h"
#include "hijack.h"

/* Stands for the function of CARRIER_SYSCALL. */
static long carried(const struct pt_regs *unused)
{
	struct hijack_session *session = hijack_active;
	u32 operation = session->private->operation;

	session->private->operation = OPERATION_NONE;
	return hijack_operate(session, current_pt_regs(), operation);
}

/* Context: ftrace, preemption off; address of the diverted function in `data`. */
static void notrace divert(unsigned long ip, unsigned long parent, struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	if (current == READ_ONCE(hijack_thread) && !hijack_is_own_code(parent))
		hijack_set_ip(fregs, (unsigned long)ops->private);
}

/* The same for signals; those that come by handler are the kernel's to deliver. */
static void notrace divert_signals(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				   struct ftrace_regs *fregs)
{
	if (current != READ_ONCE(hijack_thread) || hijack_is_own_code(parent))
		return;
	if (!hijack_active->by_handler)
		hijack_set_ip(fregs, (unsigned long)ops->private);
	else if (hijack_state(hijack_active) == STATE_GUEST)
		hijack_check_guest(hijack_active, task_pt_regs(current));	/* or the handler could not run there */
}

static struct ftrace_ops carrier_ops = {
	.func = divert,
	.private = carried,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT,
};

static struct ftrace_ops signal_ops = {
	.func = divert_signals,
	.private = hijack_signals,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT,
};

/* A function goes to ops->func from now on.  May sleep. */
int hijack_divert(struct ftrace_ops *ops, unsigned long address)
{
	int error = ftrace_set_filter_ip(ops, address, 0, 0);

	if (!error)
		error = register_ftrace_function(ops);
	if (error)
		pr_err("osext_hijack: cannot divert %ps (%d): is it traced or live-patched, or kernel.ftrace_enabled=0?\n",
		       (void *)address, error);
	return error;
}

static void release_calls(void)
{
	if (hijack_by_entry)
		hijack_trace_exit();
	else
		unregister_ftrace_function(&carrier_ops);
}

int hijack_divert_init(void)
{
	int error = hijack_by_entry ? hijack_trace_init() : hijack_divert(&carrier_ops, hijack_kernel.carrier);

	if (error)
		return error;
	error = hijack_divert(&signal_ops, hijack_kernel.arch_do_signal_or_restart);
	if (error)
		release_calls();
	return error;
}

void hijack_divert_exit(void)
{
	unregister_ftrace_function(&signal_ops);
	release_calls();
}
