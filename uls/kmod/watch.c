// SPDX-License-Identifier: GPL-2.0
/*
 * Watches: bindings that see what happens to one process, while it is a host.
 *
 * A host that is watched keeps its CPU's return notifier armed while it runs, and
 * takes it away when it is switched out, so that nobody else pays.  The right to
 * watch is the right to trace.  It is asked for when the watch begins, and again,
 * from what was noted then, when the process becomes a host once more: meanwhile
 * it may have executed a program with other rights.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/ptrace.h>
#include <linux/sched/coredump.h>
#include <linux/sched/task.h>
#include <linux/smp.h>
#include <asm/irq_regs.h>

#include "compat.h"
#include "uls.h"

static LIST_HEAD(all_watches);	/* under uls_lock */

/* Under uls_lock. */
static void attach(struct uls_watch *watch, struct uls_host *host)
{
	watch->host = host;
	list_add_tail(&watch->in_host, &host->watches);
	WRITE_ONCE(host->watched, true);
}

/* Under uls_lock. */
static void detach(struct uls_watch *watch)
{
	struct uls_host *host = watch->host;

	if (!host)
		return;
	watch->host = NULL;
	list_del(&watch->in_host);
	WRITE_ONCE(host->watched, !list_empty(&host->watches));
}

/* A host that is in user mode now would not be seen on its next way there.  Context: interrupts off. */
static void look(void *unused)
{
	struct uls_host *host = this_cpu_read(uls_cpu.host);
	struct pt_regs *regs = get_irq_regs();

	if (!host || !host->watched)
		return;
	if (regs && user_mode(regs))
		uls_arm_return();
	else
		uls_host_kick(host);
}

/*
 * `watch` sees the process `pid`, 0: the caller's own, but its binding takes no events
 * before it is enabled.  -ESRCH: there is none; -EPERM: it may not be traced.  May sleep.
 */
int uls_watch_begin(struct uls_watch *watch, u64 pid)
{
	struct task_struct *task;
	struct uls_host *host;
	bool allowed;

	if (pid > INT_MAX)
		return -EINVAL;
	watch->process = pid ? find_get_pid(pid) : get_pid(task_tgid(current));
	task = get_pid_task(watch->process, PIDTYPE_TGID);
	if (!task) {
		put_pid(watch->process);
		watch->process = NULL;
		return -ESRCH;
	}
	watch->user = current_uid();
	watch->group = current_gid();
	watch->privileged = capable(CAP_SYS_PTRACE);
	watch->permitted = current_cred()->cap_permitted;
	uls_lock_irq();
	list_add_tail(&watch->all, &all_watches);
	list_for_each_entry(host, &uls_all_hosts, in_hosts)
		if (host->task == task)
			attach(watch, host);
	uls_unlock_irq();
	/*
	 * Asked only now: had the process executed another program before, this is about that
	 * one; does it so later, it is another host, and asked for again.
	 */
	allowed = !(task->flags & PF_KTHREAD) && uls_ptrace_may_access(task, PTRACE_MODE_ATTACH_REALCREDS);
	put_task_struct(task);
	if (!allowed) {
		uls_watch_end(watch);
		return -EPERM;
	}
	on_each_cpu(look, NULL, 1);
	return 0;
}

/* Nothing is seen any more.  May sleep; nothing happens if it never began. */
void uls_watch_end(struct uls_watch *watch)
{
	if (!watch->process)
		return;
	uls_lock_irq();
	detach(watch);
	list_del(&watch->all);
	uls_unlock_irq();
	put_pid(watch->process);
	watch->process = NULL;
}

/* May current still be watched, by the rules of ptrace? */
static bool is_allowed(const struct uls_watch *watch)
{
	const struct cred *cred = current_cred();

	if (watch->privileged)
		return true;
	return uid_eq(watch->user, cred->uid) && uid_eq(watch->user, cred->euid) && uid_eq(watch->user, cred->suid) &&
	       gid_eq(watch->group, cred->gid) && gid_eq(watch->group, cred->egid) &&
	       gid_eq(watch->group, cred->sgid) &&
	       cap_issubset(cred->cap_permitted, watch->permitted) &&
	       (current->mm->flags & MMF_DUMPABLE_MASK) == SUID_DUMP_USER;
}

/* `host`, current, is one from now on.  Under uls_lock. */
void uls_watch_joined(struct uls_host *host)
{
	struct uls_watch *watch;

	list_for_each_entry(watch, &all_watches, all)
		if (watch->process == task_tgid(current) && is_allowed(watch))
			attach(watch, host);
}

/* Under uls_lock. */
void uls_watch_left(struct uls_host *host)
{
	struct uls_watch *watch, *next;

	list_for_each_entry_safe(watch, next, &host->watches, in_host)
		detach(watch);
}
