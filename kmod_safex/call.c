// SPDX-License-Identifier: GPL-2.0
/*
 * System calls of watched threads.
 *
 * The kernel sends a thread that has work to do at its system calls over a slower path, by
 * flags of its own.  A watched thread gets the flag of auditing, which does nothing to who has no
 * audit context, and so comes to the function that is hooked here.  Nobody else does, but threads
 * that are traced, audited or filtered (seccomp), and only while there is a watch.  (The kernel's
 * tracepoints of system calls are switched for all threads at once.)
 *
 * A child inherits the flag of its watched parent, but is not watched: at its first call it is
 * sent back to the fast path.
 */
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/ftrace.h>
#include <linux/hashtable.h>
#include <linux/pid.h>
#include <linux/sched/coredump.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/thread_info.h>
#include <asm/syscall.h>

#include "kmod.h"

static DEFINE_HASHTABLE(watches, 6);	/* by thread; RCU */
static u32 watch_count;	/* under safex_mutex */

static bool is_watched(const struct task_struct *thread)
{
	const struct safex_watch *watch;

	hash_for_each_possible_rcu(watches, watch, in_watches, (unsigned long)thread)
		if (watch->thread == thread)
			return true;
	return false;
}

static bool is_audited(const struct task_struct *thread)
{
#ifdef CONFIG_AUDITSYSCALL
	return thread->audit_context;
#else
	return false;
#endif
}

/*
 * What a debugger may: the right was asked for when the watch began.  The thread has executed
 * another program since, maybe one with other rights.  Context: the thread.
 */
static noinline bool may_still(struct safex_watch *watch)
{
	const struct cred *cred = current_cred();

	if (!watch->privileged && safex_is_on(SAFEX_WATCHERS) &&
	    !(uid_eq(watch->user, cred->uid) && uid_eq(watch->user, cred->euid) && uid_eq(watch->user, cred->suid) &&
	      gid_eq(watch->group, cred->gid) && gid_eq(watch->group, cred->egid) &&
	      gid_eq(watch->group, cred->sgid) &&
	      cap_issubset(cred->cap_permitted, watch->permitted) &&
	      (current->mm->flags & MMF_DUMPABLE_MASK) == SUID_DUMP_USER))
		return false;
	WRITE_ONCE(watch->executions, current->self_exec_id);
	return true;
}

static s64 number_of_call(void)
{
	s64 number = (u32)syscall_get_nr(current, task_pt_regs(current));

#ifdef CONFIG_IA32_EMULATION
	if (current_thread_info()->status & TS_COMPAT)
		number += OSEXT_SAFEX_BY_INT80;
#endif
	return number;
}

/* Current came this way without being watched. */
static noinline void leave_alone(void)
{
	if (is_audited(current))
		return;
	clear_syscall_work(SYSCALL_AUDIT);
	smp_mb__after_atomic();
	if (is_watched(current))	/* since this moment */
		set_syscall_work(SYSCALL_AUDIT);
}

/* Current begins a system call.  Context: a process, may sleep. */
static void notrace entered(unsigned long ip, unsigned long parent, struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct safex_watch *watch;
	bool watched = false;

	if (!test_syscall_work(SYSCALL_AUDIT))
		return;
	local_bh_disable();
	rcu_read_lock();
	hash_for_each_possible_rcu(watches, watch, in_watches, (unsigned long)current) {
		struct safex_outcome outcome = {};

		if (watch->thread != current)
			continue;
		watched = true;
		if (likely(watch->executions == current->self_exec_id) || may_still(watch))
			safex_run_binding(container_of(watch, struct safex_binding, watch), number_of_call(),
					  &outcome);
	}
	if (unlikely(!watched))
		leave_alone();
	rcu_read_unlock();
	local_bh_enable();
}

static struct ftrace_ops hook = {
	.func = entered,
	.flags = FTRACE_OPS_FL_PERMANENT,
};

static int begin_hook(void)
{
	char function[] = "syscall_trace_enter*";	/* the compiler may have added something to its name */
	int error = ftrace_set_filter(&hook, function, strlen(function), 1);

	if (!error)
		error = register_ftrace_function(&hook);
	if (error)
		pr_err("osext_safex: cannot see system calls (%d): has this kernel no %s, or is kernel.ftrace_enabled=0?\n",
		       error, function);
	return error;
}

/* Children of watched threads that made no call since. */
static void forget_inherited(void)
{
	struct task_struct *process, *thread;

	rcu_read_lock();
	for_each_process_thread(process, thread)
		if (!is_audited(thread))
			clear_task_syscall_work(thread, SYSCALL_AUDIT);
	rcu_read_unlock();
}

/* A thread, with a reference, that the caller may watch, or an error. */
static struct task_struct *find_thread(u64 id)
{
	struct task_struct *thread;
	struct pid *pid;

	if (id > INT_MAX)
		return ERR_PTR(-EINVAL);
	if (!id)
		return get_task_struct(current);
	pid = find_get_pid(id);
	thread = get_pid_task(pid, PIDTYPE_PID);
	put_pid(pid);
	return thread ?: ERR_PTR(-ESRCH);
}

int safex_watch_begin(struct safex_binding *binding, u64 id)
{
	struct safex_watch *watch = &binding->watch;
	struct task_struct *thread = find_thread(id);
	int error = -EPERM;

	if (IS_ERR(thread))
		return PTR_ERR(thread);
	watch->thread = thread;
	watch->user = current_uid();
	watch->group = current_gid();
	watch->privileged = capable(CAP_SYS_PTRACE);
	watch->permitted = current_cred()->cap_permitted;
	watch->executions = READ_ONCE(thread->self_exec_id);	/* if it executes another one from now on, it is asked again */
	smp_rmb();
	if (thread->flags & PF_KTHREAD || (!safex_may_trace(thread) && safex_is_on(SAFEX_WATCHERS)))
		goto fail;
	error = watch_count ? 0 : begin_hook();
	if (error)
		goto fail;
	watch_count++;
	hash_add_rcu(watches, &watch->in_watches, (unsigned long)thread);
	smp_mb__before_atomic();
	set_task_syscall_work(thread, SYSCALL_AUDIT);
	return 0;

fail:
	put_task_struct(thread);
	return error;
}

void safex_watch_end(struct safex_binding *binding)
{
	struct task_struct *thread = binding->watch.thread;

	hash_del_rcu(&binding->watch.in_watches);
	if (!is_watched(thread) && !is_audited(thread))
		clear_task_syscall_work(thread, SYSCALL_AUDIT);
	if (!--watch_count) {
		unregister_ftrace_function(&hook);
		forget_inherited();
	}
	put_task_struct(thread);
}
