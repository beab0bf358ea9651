// SPDX-License-Identifier: GPL-2.0
/*
 * System calls of a watched host, seen where it returns to user mode: the frame that
 * the return loads has the number, the result and the arguments, and nothing but
 * this task pays for looking at it.  (The kernel's own tracepoints of system calls
 * are switched for all tasks at once, and send the task over a slower path both
 * ways.)
 *
 * A signal's handler that begins at the same time has taken the frame: then they are
 * where the handler will return from, on the user's stack.
 */
#include <linux/uaccess.h>
#include <asm/sigframe.h>
#include <asm/thread_info.h>
#include <asm/unistd.h>

#include "queue.h"
#include "uls.h"

#define HANDLERS_MAX 16	/* that begin at once, each on top of the other */

static inline bool is_by_int80(void)
{
#ifdef CONFIG_IA32_EMULATION
	return current_thread_info()->status & TS_COMPAT;	/* cleared after the notifiers */
#else
	return false;
#endif
}

/* The registers that a handler returns to, from its frame.  False: there is none. */
static bool read_frame(const struct rt_sigframe __user *frame, struct sigcontext *context)
{
	bool good;

	pagefault_disable();
	good = !__copy_from_user_inatomic(context, (void __user *)&frame->uc.uc_mcontext, sizeof(*context));
	pagefault_enable();
	return good;
}

/*
 * The program does not go on behind its system call: `seen` becomes the registers with
 * which it will.  False: the call begins again.
 */
static noinline bool look_behind(struct pt_regs *seen)
{
	unsigned long next = seen->cx, frame = seen->sp;	/* SYSCALL leaves the address in rcx */
	struct sigcontext context;
	int i;

	if (seen->ip + 2 == next)
		return false;
	/* An execve that succeeded has cleared rcx. */
	for (i = 0; next && i < HANDLERS_MAX; i++) {
		if (!access_ok((void __user *)frame, sizeof(struct rt_sigframe)) ||
		    !read_frame((void __user *)frame, &context) || context.cx != next)
			break;
		if (context.ip + 2 == next)
			return false;
		if (context.ip == next) {
			seen->ip = context.ip;
			seen->ax = context.ax;
			seen->di = context.di;
			seen->si = context.si;
			seen->dx = context.dx;
			break;
		}
		frame = context.sp;
	}
	return true;
}

static __always_inline void describe(struct osext_uls_call *call, const struct uls_host *host,
				     const struct pt_regs *regs, u32 number, bool by_int80)
{
	call->result = regs->ax;
	call->ip = regs->ip;
	call->number = number;
	call->pid = host->pid;
	call->by_int80 = by_int80;
	call->reserved = 0;
	call->arguments[0] = by_int80 ? regs->bx : regs->di;
	call->arguments[1] = by_int80 ? regs->cx : regs->si;
	call->arguments[2] = regs->dx;
	call->arguments[3] = by_int80 ? regs->si : regs->r10;
	call->arguments[4] = by_int80 ? regs->di : regs->r8;
	call->arguments[5] = by_int80 ? regs->bp : regs->r9;
}

/* Context: `host`, current, is watched and on its way to user mode; interrupts off. */
void uls_see_call(struct uls_host *host, const struct pt_regs *regs)
{
	int number = regs->orig_ax;
	struct uls_binding *binding;
	struct pt_regs behind;
	bool by_int80;

	if (number == -1)	/* an interrupt, or the end of a signal's handler */
		return;
	by_int80 = is_by_int80();
	if (unlikely(regs->cx != regs->ip) && !by_int80) {
		behind = *regs;
		if (!look_behind(&behind))
			return;
		regs = &behind;
	}
	uls_lock();
	list_for_each_entry(binding, &host->watches, watch.in_host) {
		if (binding->kind != OSEXT_ULS_SYSCALL || !binding->enabled ||
		    (binding->call != OSEXT_ULS_ANY_CALL && (binding->call != number || by_int80)))
			continue;
		uls_mark(binding);
		if (uls_enqueue(binding, regs->ax))
			describe(&uls_last_about(binding)->call, host, regs, number, by_int80);
	}
	uls_unlock();
}
