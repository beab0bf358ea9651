// SPDX-License-Identifier: GPL-2.0
/*
 * The slow path: what the stub cannot do with interrupts off.  How it comes here:
 * divert.c; with the engine `entry` all does (trace.c).
 *
 * Context of everything here: the executive's thread, may sleep, unless said
 * otherwise.
 */
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/task_work.h>
#include <linux/uaccess.h>
#include <asm/pkru.h>
#include <asm/special_insns.h>
#include <asm/syscall.h>
#include <asm/trapnr.h>
#include <asm/unistd.h>

#include "compat.h"
#include "hijack.h"

/* ---- Between guest and executive. */

static long slow_trap(struct hijack_session *session, struct pt_regs *regs)
{
	struct osext_hijack_shared *shared = session->shared;

	hijack_check_guest(session, regs);
	shared->ip = regs->ip;
	shared->flags = regs->flags;
	shared->sp = regs->sp;
	session->statistics.slow_traps++;
	hijack_hook(session);
	regs->ip = regs->cx = session->private->entry;
	regs->sp = session->private->stack;
	regs->flags = regs->r11 = EXECUTIVE_FLAGS;
	regs->orig_ax = -1;
	return session->private->ax;
}

/* General registers are live, and the guest's; the others stand in the shared page. */
static long slow_resume(struct hijack_session *session, struct pt_regs *regs, bool all)
{
	struct osext_hijack_shared *shared = session->shared;
	unsigned long ip = READ_ONCE(shared->ip);

	if (atomic_read(&session->private->slow) & SLOW_NOTICE)
		return -EAGAIN;
	if (ip >= TASK_SIZE_MAX)
		return -EFAULT;
	regs->ip = regs->cx = ip;
	regs->flags = regs->r11 = (READ_ONCE(shared->flags) & (GUEST_FLAGS | IRET_FLAGS)) | EXECUTIVE_FLAGS;
	regs->sp = READ_ONCE(shared->sp);
	regs->cs = __USER_CS;
	regs->ss = __USER_DS;
	regs->orig_ax = -1;
	if (all) {
		regs->cx = READ_ONCE(shared->cx);
		regs->r11 = READ_ONCE(shared->r11);
	}
	session->statistics.slow_resumes++;
	hijack_unhook(session, STATE_GUEST);
	return READ_ONCE(shared->ax);
}

/* The guest's protection keys would keep the executive from its own memory. */
static long locked(struct hijack_session *session, struct pt_regs *regs)
{
	regs->cx = regs->ip;
	session->private->ax = -1;
	/* The upcall resets the keys and kills the guest. */
	session->shared->signal_number = 0;
	hijack_upcall(session, regs);
	return -1;
}

/* A guest used a 32-bit entry: kill it. */
static long forbidden(struct hijack_session *session, struct pt_regs *regs)
{
	if (hijack_state(session) != STATE_GUEST) {
		hijack_condemn(session, "it made a 32-bit system call");
		return -ENOSYS;
	}
	pr_info_ratelimited("osext_hijack: killing guest %d: it made a 32-bit system call\n",
			    task_pid_nr(session->current_guest->owner));
	send_sig(SIGKILL, session->current_guest->owner, 1);
	session->shared->signal_number = 0;
	hijack_upcall(session, regs);
	return -1;
}

/* int 0x80 of a guest: what the processor does where the gate is closed. */
static long closed_gate(struct pt_regs *regs)
{
	u32 number = regs->orig_ax;

	regs->ip -= 2;
	regs->orig_ax = -1;
	current->thread.trap_nr = X86_TRAP_GP;
	current->thread.error_code = 0x80 * 8 + 2;	/* gate 0x80 of the IDT */
	hijack_force_fault(SIGSEGV, SI_KERNEL, 0);
	return number;
}

/* ---- What the executive asks for. */

static bool has_event(struct hijack_session *session)
{
	return !list_empty_careful(&session->events) || READ_ONCE(session->woken);
}

static int wait_for_event(struct hijack_session *session, u64 mode, u64 timeout_ns)
{
	bool servants = mode == OSEXT_HIJACK_WAIT_SERVANTS;
	int error;

	WRITE_ONCE(session->idle, true);
	smp_mb();	/* whoever posts now sees it, or we see the event */
	if (timeout_ns)
		error = wait_event_interruptible_hrtimeout(session->wait,
							   has_event(session) ||
								   (servants && !hijack_servants_wait(session)),
							   ns_to_ktime(min_t(u64, timeout_ns, KTIME_MAX / 2)));
	else
		error = wait_event_interruptible(session->wait, has_event(session) ||
							   (servants && !hijack_servants_wait(session)));
	WRITE_ONCE(session->idle, false);
	return error;
}

static long next(struct hijack_session *session, u64 mode, u64 timeout_ns)
{
	bool waited = false;
	u64 event;

	if (mode > OSEXT_HIJACK_WAIT_SERVANTS)
		return -EINVAL;
	if (!session->ready) {
		WRITE_ONCE(session->ready, true);
		wake_up_all(&session->wait);
	}
	if (!list_empty_careful(&session->dying))
		hijack_reap(session, false);
	for (;;) {
		atomic_andnot(SLOW_NOTICE, &session->private->slow);
		if (test_thread_flag(TIF_NOTIFY_SIGNAL) && !task_work_pending(current))
			clear_notify_signal();
		if (session->by_handler ? xchg(&session->noted, false) : hijack_next_signal(session))
			return OSEXT_HIJACK_EVENT_SIGNAL;
		event = hijack_pop_event(session);
		if (!event && xchg(&session->woken, false))
			event = OSEXT_HIJACK_EVENT_WOKEN;
		if (event || waited || mode == OSEXT_HIJACK_WAIT_NO)
			return event;
		/* Interrupted: the signal is the event. */
		waited = wait_for_event(session, mode, timeout_ns) != -ERESTARTSYS;
		/* By handler, it is delivered on the way out. */
		if (fatal_signal_pending(current) || (session->by_handler && !waited))
			return -EINTR;
	}
}

static long switch_to(struct hijack_session *session, u64 id, u64 stack)
{
	struct hijack_guest *guest;
	long error;

	if (id == OSEXT_HIJACK_HOME) {
		hijack_go_home(session);
		return 0;
	}
	if (stack % 8 || !hijack_in_region(session, stack - 8, 8))
		return -EINVAL;
	guest = hijack_held_guest(session, id);
	if (!guest)
		return -ESRCH;
	error = hijack_switch(session, guest, stack);
	if (error)
		hijack_guest_put(guest);
	return error;
}

/*
 * A system call on the executive's own thread and files, but in the guest's
 * memory and with the executive out of sight, so that no pointer reaches it.
 */
static long call(struct hijack_session *session, void __user *from)
{
	struct pt_regs regs = *current_pt_regs();
	struct osext_hijack_call call;
	long result;

	if (copy_from_user(&call, from, sizeof(call)))
		return -EFAULT;
	if (call.number >= NR_syscalls)
		return -ENOSYS;
	regs.di = call.arguments[0];
	regs.si = call.arguments[1];
	regs.dx = call.arguments[2];
	regs.r10 = call.arguments[3];
	regs.r8 = call.arguments[4];
	regs.r9 = call.arguments[5];
	regs.orig_ax = call.number;
	switch (call.number) {
	case __NR_fork:		/* these act on the thread's registers */
	case __NR_vfork:
	case __NR_clone:
	case __NR_clone3:
	case __NR_execve:
	case __NR_execveat:
	case __NR_rt_sigreturn:
		return -EPERM;
	}
	result = hijack_deny(call.number, &regs);
	if (result)
		return result;
	hijack_unhook(session, STATE_CALL);
	result = static_call(hijack_x64_sys_call)(&regs, array_index_nospec(call.number, NR_syscalls));
	if (READ_ONCE(session->current_guest->unfit))
		hijack_go_home(session);
	else
		hijack_hook(session);
	return result >= -ERESTART_RESTARTBLOCK && result <= -ERESTARTSYS ? -EINTR : result;
}

static void __user *in_region(struct hijack_session *session, u64 address, u64 bytes)
{
	return hijack_in_region(session, address, bytes) ? (void __user *)address : NULL;
}

static long operate_on_guest(struct hijack_session *session, u32 operation, const struct pt_regs *regs)
{
	u64 bytes = operation == OSEXT_HIJACK_OP_CALL ? sizeof(struct osext_hijack_call) :
							sizeof(struct osext_hijack_state);
	void __user *memory = in_region(session, operation == OSEXT_HIJACK_OP_CALL ? regs->di : regs->si, bytes);

	if (!memory)
		return -EFAULT;
	switch (operation) {
	case OSEXT_HIJACK_OP_TAKE:
		return hijack_take(session, min_t(u64, regs->di, U32_MAX), memory);
	case OSEXT_HIJACK_OP_SERVE:
		return hijack_serve(session, min_t(u64, regs->di, U32_MAX), memory, false);
	case OSEXT_HIJACK_OP_LEAVE:
		return hijack_serve(session, min_t(u64, regs->di, U32_MAX), memory, true);
	case OSEXT_HIJACK_OP_CALL:
		return hijack_state(session) == STATE_EXECUTIVE ? call(session, memory) : -EINVAL;
	}
	return -ENOSYS;
}

/* What the thread entered the kernel for; the result becomes its rax. */
long hijack_operate(struct hijack_session *session, struct pt_regs *regs, u32 operation)
{
	u32 state = hijack_state(session);

	switch (operation) {
	case OPERATION_TRAP:
		return state == STATE_GUEST ? slow_trap(session, regs) : -EINVAL;
	case OPERATION_LOCKED:
		return state == STATE_GUEST ? locked(session, regs) : -EINVAL;
	case OPERATION_FORBIDDEN:
		return forbidden(session, regs);
	case OPERATION_INT80:
		return state == STATE_GUEST ? closed_gate(regs) : forbidden(session, regs);
	case OSEXT_HIJACK_OP_RESUME:
	case OSEXT_HIJACK_OP_RESUME_ALL:
		return state == STATE_EXECUTIVE ?
			       slow_resume(session, regs, operation == OSEXT_HIJACK_OP_RESUME_ALL) : -EINVAL;
	case OSEXT_HIJACK_OP_NEXT:
		return next(session, regs->di, regs->si);
	case OSEXT_HIJACK_OP_SWITCH:
		return switch_to(session, regs->di, regs->si);
	case OSEXT_HIJACK_OP_NOTIFY:
		return hijack_delivery_notify(session);
	}
	return operate_on_guest(session, operation, regs);
}
