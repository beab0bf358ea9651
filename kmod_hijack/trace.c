// SPDX-License-Identifier: GPL-2.0
/*
 * The engine `entry`: the executive's thread enters the kernel by the kernel's
 * own entries, and is diverted before any system call is made.
 *
 * With page-table isolation the processor arrives at LSTAR with user mode's
 * tables, where neither the stub nor its data are mapped.  But every entry of
 * the kernel, the 32-bit ones too, looks into the task's `syscall_work` and calls
 * syscall_trace_enter() if a bit is set.  ftrace diverts that function for this
 * thread, but for the executive's own system calls.
 *
 * The bit is that of auditing: tracing, ptrace and seccomp set and clear theirs
 * while a task lives, with no regard for us, but this one is decided at fork, and
 * without an audit context (session.c: check_task) the kernel does nothing for it.
 *
 * Context of everything here: the executive's thread, unless said otherwise.
 */
#include <linux/sched/task_stack.h>
#include <linux/thread_info.h>
#include <asm/compat.h>

#include "compat.h"
#include "hijack.h"

static __always_inline u32 operation_of(struct hijack_session *session, const struct pt_regs *regs)
{
	if (in_ia32_syscall())
		return regs->cs == __USER_CS ? OPERATION_INT80 : OPERATION_FORBIDDEN;
	if (hijack_state(session) == STATE_GUEST)
		return OPERATION_TRAP;
	return (u32)regs->orig_ax >= OSEXT_HIJACK_OP_FIRST ? (u32)regs->orig_ax : OPERATION_NONE;
}

/* Stands for syscall_trace_enter().  -1: there is no system call to make. */
static long intercept(void)
{
	struct hijack_session *session = hijack_active;
	struct pt_regs *regs = current_pt_regs();
	u32 operation = operation_of(session, regs);

	if (operation == OPERATION_TRAP)
		session->private->ax = regs->orig_ax;
	current_thread_info()->status &= ~TS_COMPAT;	/* whoever goes on is 64-bit code */
	regs->ax = hijack_operate(session, regs, operation);
	return -1;
}

/* Context: ftrace, preemption off; any task. */
static void notrace choose(unsigned long ip, unsigned long parent, struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	if (current == READ_ONCE(hijack_thread) && operation_of(hijack_active, current_pt_regs()) != OPERATION_NONE)
		hijack_set_ip(fregs, (unsigned long)intercept);
}

static struct ftrace_ops trace_ops = {
	.func = choose,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT,
};

void hijack_trace_start(void)
{
	set_syscall_work(SYSCALL_AUDIT);
}

void hijack_trace_stop(void)
{
	clear_syscall_work(SYSCALL_AUDIT);
}

/* A child of the thread has a copy of the bit.  Context: the parent; the child has not run. */
void hijack_trace_forks(struct task_struct *child)
{
#ifdef CONFIG_AUDITSYSCALL
	if (child->audit_context)	/* switched on meanwhile: then it is its own */
		return;
#endif
	clear_task_syscall_work(child, SYSCALL_AUDIT);
}

/* Context: module; may sleep. */
int hijack_trace_init(void)
{
	return hijack_divert(&trace_ops, hijack_kernel.syscall_trace_enter);
}

/* Context: module; may sleep. */
void hijack_trace_exit(void)
{
	unregister_ftrace_function(&trace_ops);
}
