// SPDX-License-Identifier: GPL-2.0
/*
 * The slow path: what the stub cannot do with interrupts off.
 *
 * The stub enters the kernel as if the thread had called CARRIER_SYSCALL; ftrace
 * diverts that function, for the executive's thread alone, to operate().  So the
 * kernel itself builds the register frame, applies its mitigations and handles
 * signals on the way out.  The same way the kernel's signal delivery is
 * diverted: signals are the guest's and wait while the executive runs.
 *
 * Context of everything here: the executive's thread, may sleep, unless said
 * otherwise.
 */
#include <linux/nospec.h>
#include <linux/prctl.h>
#include <linux/sched/signal.h>
#include <linux/task_work.h>
#include <asm/syscall.h>
#include <asm/unistd.h>
#include <uapi/asm/prctl.h>

#include "compat.h"
#include "hijack.h"

/* A signal that came while the executive ran: let the kernel look again now. */
static bool take_deferred_signal(struct hijack_session *session)
{
	if (!(session->private->slow & SLOW_SIGNAL))
		return false;
	session->private->slow &= ~SLOW_SIGNAL;
	set_thread_flag(TIF_SIGPENDING);
	return true;
}

/* Registers of the guest that the executive is about to leave: general ones are live. */
static bool load_guest(struct hijack_session *session, struct pt_regs *regs)
{
	struct osext_hijack_shared *shared = session->shared;
	unsigned long ip = READ_ONCE(shared->ip);

	if (ip >= TASK_SIZE_MAX) {
		hijack_condemn(session, "it resumes a guest outside of user memory");
		return false;
	}
	regs->ip = regs->cx = ip;
	regs->flags = regs->r11 = (READ_ONCE(shared->flags) & (GUEST_FLAGS | IRET_FLAGS)) | EXECUTIVE_FLAGS;
	regs->sp = READ_ONCE(shared->sp);
	regs->cs = __USER_CS;
	regs->ss = __USER_DS;
	regs->orig_ax = -1;
	return true;
}

static long slow_trap(struct hijack_session *session, struct pt_regs *regs)
{
	struct osext_hijack_shared *shared = session->shared;

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

static bool is_restart(long result)
{
	return result == -ERESTARTSYS || result == -ERESTARTNOINTR || result == -ERESTARTNOHAND ||
	       result == -ERESTART_RESTARTBLOCK;
}

static long slow_resume(struct hijack_session *session, struct pt_regs *regs)
{
	long result = READ_ONCE(session->shared->ax);

	if (!load_guest(session, regs))
		return -EINVAL;
	session->statistics.slow_resumes++;
	hijack_unhook(session, STATE_GUEST);
	take_deferred_signal(session);
	return is_restart(result) ? -EINTR : result;
}

/*
 * System calls that would break what the module relies on: one thread a guest,
 * no other thread in its address space while the executive is mapped there, no
 * pointer that the kernel writes through later, no change of program or
 * return-address protection behind the executive's back.  0 = go ahead.
 */
static long deny(unsigned int nr, const struct pt_regs *regs)
{
	switch (nr) {
	case __NR_clone:	/* sharing memory only as vfork asks for; see forward() */
		if (!(regs->di & CLONE_VM))
			return 0;
		return !(regs->di & CLONE_VFORK) || (regs->di & (CLONE_THREAD | CLONE_SIGHAND)) ? -EAGAIN : 0;
	case __NR_clone3:	/* C libraries fall back to clone */
	case __NR_rseq:
	case __NR_io_uring_setup:
	case __NR_io_uring_enter:
	case __NR_io_uring_register:
		return -ENOSYS;
	case __NR_execve:
	case __NR_execveat:
	case __NR_unshare:
	case __NR_setns:
	case __NR_perf_event_open:	/* its samples would show the executive */
	/* What belongs to the task: the owner would not have it after the guest left. */
	case __NR_setuid:
	case __NR_setgid:
	case __NR_setreuid:
	case __NR_setregid:
	case __NR_setresuid:
	case __NR_setresgid:
	case __NR_setfsuid:
	case __NR_setfsgid:
	case __NR_setgroups:
	case __NR_capset:
	case __NR_landlock_restrict_self:
	case __NR_setrlimit:
	case __NR_userfaultfd:
	case __NR_seccomp:
		return -EPERM;
	case __NR_prlimit64:	/* reading is fine */
		return regs->dx ? -EPERM : 0;
	case __NR_personality:
		return (u32)regs->di != 0xffffffff ? -EPERM : 0;
	case __NR_prctl:
		switch (regs->di) {
		case PR_SET_PDEATHSIG:
		case PR_SET_SECCOMP:
		case PR_SET_SYSCALL_USER_DISPATCH:
		case PR_SET_KEEPCAPS:
		case PR_CAPBSET_DROP:
		case PR_SET_SECUREBITS:
		case PR_SET_NO_NEW_PRIVS:
		case PR_CAP_AMBIENT:
			return -EPERM;
		}
		return 0;
	case __NR_arch_prctl:	/* shadow stacks: ARCH_SHSTK_* */
		return regs->di >= 0x5001 && regs->di <= 0x5005 ? -EOPNOTSUPP : 0;
	}
	return 0;
}

/* The guest's own call, in the guest's registers, with the executive out of sight. */
static long forward(struct hijack_session *session, struct pt_regs *regs)
{
	unsigned long nr = READ_ONCE(session->shared->ax);
	struct pt_regs call;
	long denied;

	if (!load_guest(session, regs))
		return -EINVAL;
	session->statistics.forwards++;
	hijack_unhook(session, STATE_GUEST);
	take_deferred_signal(session);
	regs->ax = -ENOSYS;
	if (nr >= NR_syscalls)
		return -ENOSYS;
	nr = array_index_nospec(nr, NR_syscalls);
	regs->orig_ax = nr;
	denied = deny(nr, regs);
	if (denied)
		return denied;
	/*
	 * A vfork child could leave another task behind in the guest's memory,
	 * which would see the executive.  So vfork is fork, and the parent waits.
	 * The child's registers are current_pt_regs(): the copy only has arguments.
	 */
	call = *regs;
	if (nr == __NR_vfork) {
		nr = __NR_clone;
		call.di = CLONE_VFORK | SIGCHLD;
		call.si = call.dx = call.r10 = call.r8 = 0;
	} else if (nr == __NR_clone) {
		call.di &= ~CLONE_VM;
	}
	return static_call(hijack_x64_sys_call)(&call, nr);
}

/* The guest goes back to its owner; the executive's thread goes home. */
static long leave(struct hijack_session *session, struct pt_regs *regs, bool repeat)
{
	unsigned long nr = READ_ONCE(session->shared->ax);
	struct pt_regs guest = *regs;

	if (!load_guest(session, &guest))
		return -EINVAL;
	guest.ax = 0;
	if (repeat || (session->private->slow & SLOW_SIGNAL)) {
		guest.ax = nr;
		guest.ip = guest.cx = guest.ip - 2;	/* onto the SYSCALL instruction */
	}
	if (session->private->slow & SLOW_SIGNAL) {
		/* Signals of this thread first; then the guest asks again. */
		hijack_unhook(session, STATE_GUEST);
		take_deferred_signal(session);
		*regs = guest;
		return guest.ax;
	}
	hijack_give_back(session, &guest);
	/* The files that exec closes in the owner must not stay open here. */
	if (repeat && (nr == __NR_execve || nr == __NR_execveat))
		hijack_condemn(session, "its guest becomes another program");
	return 0;
}

/* A guest used a 32-bit entry: kill it. */
static long forbidden(struct hijack_session *session)
{
	if (session->private->state == STATE_EXECUTIVE)
		hijack_unhook(session, STATE_GUEST);
	hijack_condemn(session, "its guest made a 32-bit system call");
	return -ENOSYS;
}

/* Stands for the function of CARRIER_SYSCALL; the result becomes the thread's rax. */
static long operate(const struct pt_regs *unused)
{
	struct hijack_session *session = hijack_active;
	struct pt_regs *regs = current_pt_regs();
	u32 operation = session->private->operation;
	u32 state = session->private->state;

	session->private->operation = OPERATION_NONE;
	switch (operation) {
	case OPERATION_TRAP:
		return state == STATE_GUEST ? slow_trap(session, regs) : -EINVAL;
	case OPERATION_FORBIDDEN:
		return forbidden(session);
	case OSEXT_HIJACK_OP_RESUME:
		return state == STATE_EXECUTIVE ? slow_resume(session, regs) : -EINVAL;
	case OSEXT_HIJACK_OP_NEXT:
		return state == STATE_HOME ? hijack_next(session, regs) : -EINVAL;
	case OSEXT_HIJACK_OP_FORWARD:
		return state == STATE_EXECUTIVE ? forward(session, regs) : -EINVAL;
	case OSEXT_HIJACK_OP_LEAVE:
		return state == STATE_EXECUTIVE ? leave(session, regs, false) : -EINVAL;
	case OSEXT_HIJACK_OP_HANDOVER:
		return state == STATE_EXECUTIVE ? leave(session, regs, true) : -EINVAL;
	}
	return -ENOSYS;
}

/* Did the executive itself fault?  Such signals are forced and cannot wait. */
static bool has_fault_pending(void)
{
	struct sigqueue *queued;
	bool found = false;

	spin_lock_irq(&current->sighand->siglock);
	list_for_each_entry(queued, &current->pending.list, list) {
		int signal = queued->info.si_signo;

		if (queued->info.si_code > SI_USER &&
		    (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE || signal == SIGTRAP))
			found = true;
	}
	spin_unlock_irq(&current->sighand->siglock);
	return found;
}

/* Stands for arch_do_signal_or_restart(). */
static void deliver(struct pt_regs *regs)
{
	struct hijack_session *session = hijack_active;

	if (session->private->state != STATE_GUEST) {
		if (has_fault_pending())
			hijack_condemn(session, "it faulted");
		session->private->slow |= SLOW_SIGNAL;
		clear_thread_flag(TIF_SIGPENDING);
		if (test_thread_flag(TIF_NOTIFY_SIGNAL)) {
			clear_notify_signal();
			set_thread_flag(TIF_NOTIFY_RESUME);
		}
		smp_mb__after_atomic();	/* against a killer who sets the flag now */
		if (!__fatal_signal_pending(current)) {
			if ((long)regs->orig_ax >= 0 && is_restart(regs->ax))
				regs->ax = -EINTR;
			return;
		}
		set_thread_flag(TIF_SIGPENDING);
	}
	static_call(hijack_do_signal)(regs);
	barrier();	/* no tail call: divert() knows our calls by the return address */
}

/* Context: ftrace, preemption off; address of the diverted function in `data`. */
static void notrace divert(unsigned long ip, unsigned long parent, struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	if (current == READ_ONCE(hijack_thread) && !within_module(parent, THIS_MODULE))
		hijack_set_ip(fregs, (unsigned long)ops->private);
}

static struct ftrace_ops carrier_ops = {
	.func = divert,
	.private = operate,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT,
};

static struct ftrace_ops signal_ops = {
	.func = divert,
	.private = deliver,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT,
};

static int divert_function(struct ftrace_ops *ops, unsigned long address)
{
	int error = ftrace_set_filter_ip(ops, address, 0, 0);

	if (!error)
		error = register_ftrace_function(ops);
	if (error)
		pr_err("osext_hijack: cannot divert %ps (%d): is it traced or live-patched, or kernel.ftrace_enabled=0?\n",
		       (void *)address, error);
	return error;
}

int hijack_operation_init(void)
{
	int error = divert_function(&carrier_ops, hijack_kernel.carrier);

	if (error)
		return error;
	error = divert_function(&signal_ops, hijack_kernel.arch_do_signal_or_restart);
	if (error)
		unregister_ftrace_function(&carrier_ops);
	return error;
}

void hijack_operation_exit(void)
{
	unregister_ftrace_function(&signal_ops);
	unregister_ftrace_function(&carrier_ops);
}
