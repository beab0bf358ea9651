// SPDX-License-Identifier: GPL-2.0
/*
 * Injection: processes join by themselves, from an execve on, and so do the children of those.
 * They know nothing of it; what has something of its own where the sandbox goes, or
 * cannot be a host for another reason, is left alone and counted.  Programs that an
 * execve gave other rights (setuid and the like) are always left out.
 *
 * The parameter `inject`: none; own, processes of the user who wrote it; all.
 */
#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/delay.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/task_work.h>

#include "compat.h"
#include "uls.h"

static const char *const names[] = {
	"none",
	"own",
	"all",
};

enum {
	INJECT_NONE,
	INJECT_OWN,
	INJECT_ALL,
};

static int inject = INJECT_NONE;
static kuid_t inject_user;	/* who asked */
static bool closed = true;
static atomic_t queued;		/* tasks that join on their way to user mode */
static atomic64_t joined, refused;

/* As the module is loaded, or from sysfs, where root may. */
static int set_inject(const char *text, const struct kernel_param *parameter)
{
	int mode = sysfs_match_string(names, text);

	if (mode < 0)
		return mode;
	inject_user = current_euid();
	smp_wmb();
	WRITE_ONCE(inject, mode);
	return 0;
}

static int get_inject(char *buffer, const struct kernel_param *parameter)
{
	return sysfs_emit(buffer, "%s\n", names[READ_ONCE(inject)]);
}

static const struct kernel_param_ops inject_ops = {
	.set = set_inject,
	.get = get_inject,
};

module_param_cb(inject, &inject_ops, NULL, 0644);
MODULE_PARM_DESC(inject, "which processes join by themselves from an execve on: none (default), own (of the user who sets this), all");

static bool is_wanted(const struct cred *cred)
{
	int mode = READ_ONCE(inject);

	if (READ_ONCE(closed) || mode == INJECT_NONE)
		return false;
	if (mode == INJECT_ALL)
		return true;
	smp_rmb();
	return uid_eq(cred->uid, inject_user) && uid_eq(cred->euid, inject_user) && uid_eq(cred->suid, inject_user);
}

/* Context: on the way to user mode, or exiting; may sleep. */
static void work(struct callback_head *head)
{
	kfree(head);
	if (!(current->flags & PF_EXITING) && current->mm) {
		if (uls_join(true))
			atomic64_inc(&refused);
		else
			atomic64_inc(&joined);
	}
	atomic_dec(&queued);
}

static void queue(struct task_struct *task)
{
	struct callback_head *head = kmalloc(sizeof(*head), GFP_ATOMIC);

	if (!head) {
		atomic64_inc(&refused);
		return;
	}
	init_task_work(head, work);
	atomic_inc(&queued);
	if (task_work_add(task, head, TWA_RESUME)) {	/* it exits */
		atomic_dec(&queued);
		kfree(head);
	}
}

/* `current` has executed a program.  Context: a tracepoint. */
void uls_inject_exec(const struct linux_binprm *binprm)
{
	if (!binprm->secureexec && is_wanted(current_cred()))
		queue(current);
}

/* Context: a tracepoint; the child has not run yet. */
static void on_fork(void *unused, struct task_struct *parent, struct task_struct *child)
{
	struct uls_host *host = this_cpu_read(uls_cpu.host);

	if (host && host->injected && child->mm && child->mm != parent->mm && !(child->flags & PF_KTHREAD) &&
	    is_wanted(current_cred()))
		queue(child);
}

void uls_inject_statistics(struct osext_uls_statistics *statistics)
{
	statistics->injected = atomic64_read(&joined);
	statistics->refused = atomic64_read(&refused);
}

/* The last step of loading. */
int uls_inject_init(void)
{
	int error = tracepoint_probe_register(uls_kernel.process_fork, on_fork, NULL);

	if (!error)
		WRITE_ONCE(closed, false);
	return error;
}

/* Nobody joins by himself any more when it returns.  May sleep. */
void uls_inject_exit(void)
{
	WRITE_ONCE(closed, true);
	tracepoint_probe_unregister(uls_kernel.process_fork, on_fork, NULL);
	tracepoint_synchronize_unregister();
	while (atomic_read(&queued))
		msleep(1);
}
