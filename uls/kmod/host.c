// SPDX-License-Identifier: GPL-2.0
/*
 * Hosts: processes that joined.  A host is one task, alone in its memory; a
 * notifier of the scheduler says on which CPU it is.  It ends when the task unmaps
 * the sandbox, execs or exits.
 */
#include <linux/delay.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <asm/tsc.h>

#include "compat.h"
#include "uls.h"

atomic_t uls_hosts;
LIST_HEAD(uls_all_hosts);
static atomic_t objects;

static void release(struct kref *references)
{
	struct uls_host *host = container_of(references, struct uls_host, references);

	if (host->mapped_in)
		mmdrop(host->mapped_in);
	kfree(host);
	atomic_dec(&objects);
}

void uls_host_put(struct uls_host *host)
{
	kref_put(&host->references, release);
}

/* Context: the scheduler, preemption off, interrupts on. */
static void scheduled_in(struct preempt_notifier *notifier, int id)
{
	struct uls_host *host = container_of(notifier, struct uls_host, watch);
	struct uls_cpu *cpu = this_cpu_ptr(&uls_cpu);

	local_irq_disable();
	cpu->host = host;
	if (host->place == ULS_IN) {
		host->migrated |= host->opened_cpu != id;
		uls_budget_begin(cpu, host);
	}
	/* A fault can be held for a watch that has ended meanwhile. */
	if (host->place != ULS_OUT || host->watched || host->held || host->calling || READ_ONCE(uls_deliverable))
		uls_arm_return();
	local_irq_enable();
}

/*
 * Context: the scheduler, interrupts off, its locks held.  A host that waits in the
 * kernel in the middle of an upcall - it is stopped, or a fault needs the disk -
 * loses it, or nobody else could have the extension meanwhile.
 */
static void scheduled_out(struct preempt_notifier *notifier, struct task_struct *next)
{
	struct uls_host *host = container_of(notifier, struct uls_host, watch);

	this_cpu_write(uls_cpu.host, NULL);
	if (host->watched)
		uls_disarm_return(this_cpu_ptr(&uls_cpu));	/* or the next task would pay */
	if (host->place != ULS_IN)
		return;
	host->spent += rdtsc() - host->begun;
	if (READ_ONCE(current->__state) != TASK_RUNNING)
		uls_give_up(host);
}

static struct preempt_ops watch_ops = {
	.sched_in = scheduled_in,
	.sched_out = scheduled_out,
};

/* Context: the host's task, may not be in its memory any more; any but the scheduler. */
void uls_host_end(struct uls_host *host)
{
	local_irq_disable();
	if (!host->joined) {	/* eject.c may have been here, until interrupts were off */
		local_irq_enable();
		return;
	}
	host->joined = false;
	preempt_notifier_unregister(&host->watch);
	this_cpu_write(uls_cpu.host, NULL);
	uls_give_up(host);
	uls_lock();
	list_del(&host->in_hosts);
	uls_watch_left(host);
	uls_unlock();
	local_irq_enable();
	atomic_dec(&uls_hosts);
	uls_host_put(host);
}

/* Context: on the way to user mode, or exiting; may sleep. */
static void work(struct callback_head *head)
{
	struct uls_host *host = container_of(head, struct uls_host, work);

	host->work_queued = false;
	local_irq_disable();
	if (this_cpu_read(uls_cpu.host) == host)
		uls_arm_return();
	local_irq_enable();
	uls_host_put(host);
}

/* An event waits, and the host, current, is in the kernel.  Context: hard interrupt. */
void uls_host_kick(struct uls_host *host)
{
	if (host->work_queued)
		return;
	kref_get(&host->references);
	host->work_queued = true;
	if (task_work_add(current, &host->work, TWA_RESUME)) {	/* it exits */
		host->work_queued = false;
		uls_host_put(host);
	}
}

static void on_exit(void *unused, struct task_struct *task)
{
	struct uls_host *host;

	preempt_disable();
	host = this_cpu_read(uls_cpu.host);
	if (host)
		uls_host_end(host);
	preempt_enable();
}

static void on_exec(void *unused, struct task_struct *task, pid_t old_pid, struct linux_binprm *binprm)
{
	on_exit(unused, task);
	uls_inject_exec(binprm);
}

/* The process has this thread only, and shares its memory with nobody.  May sleep. */
static bool is_alone(int patience_ms)
{
	int tries;

	/* A thread that was joined may not be gone yet; readers in /proc hold a reference for a moment. */
	for (tries = 0; tries < patience_ms; tries++) {
		if (thread_group_empty(current) && atomic_read(&current->mm->mm_users) == 1)
			return true;
		msleep(1);
	}
	return false;
}

/*
 * Of the calling process, which is fit to have the sandbox; with a reference;
 * `injected`: it does not know.  May sleep.  -EINVAL: several threads, or not a 64-bit program; -EOPNOTSUPP: it has a
 * shadow stack.
 */
int uls_host_new(struct uls_host **result, bool injected)
{
	struct uls_host *host;

	if (!is_alone(injected ? 10 : 100) || current_pt_regs()->cs != __USER_CS)
		return -EINVAL;
	if (uls_has_shadow_stack(current))
		return -EOPNOTSUPP;
	host = kzalloc(sizeof(*host), GFP_KERNEL);
	if (!host)
		return -ENOMEM;
	atomic_inc(&objects);
	kref_init(&host->references);
	host->injected = injected;
	host->task = current;
	host->pid = task_pid_nr(current);
	host->mm = current->mm;
	INIT_LIST_HEAD(&host->watches);
	INIT_LIST_HEAD(&host->in_mappings);
	preempt_notifier_init(&host->watch, &watch_ops);
	init_task_work(&host->work, work);
	*result = host;
	return 0;
}

/*
 * The calling process becomes a host.  May sleep.  -EBUSY: it is one; -EEXIST:
 * something lies where the sandbox goes; or as uls_host_new().
 */
int uls_join(bool injected)
{
	struct uls_host *host = this_cpu_read(uls_cpu.host);	/* current's, on whatever CPU */
	int error;

	if (host && !READ_ONCE(host->mm)) {	/* it has lost the sandbox */
		uls_host_end(host);
		host = NULL;
	}
	if (host) {
		if (injected || !host->injected || host->asked)
			return -EBUSY;
		host->asked = true;
		return 0;
	}
	error = uls_host_new(&host, injected);	/* the task's reference */
	if (error)
		return error;
	error = uls_map(host);
	if (error) {
		uls_host_put(host);
		return error;
	}
	preempt_disable();
	atomic_inc(&uls_hosts);
	host->joined = true;
	preempt_notifier_register(&host->watch);
	this_cpu_write(uls_cpu.host, host);
	uls_lock_irq();
	list_add_tail(&host->in_hosts, &uls_all_hosts);
	uls_watch_joined(host);
	if (host->watched || uls_deliverable)
		uls_arm_return();
	uls_unlock_irq();
	preempt_enable();
	return 0;
}

/* May sleep. */
int uls_host_init(void)
{
	int error = tracepoint_probe_register(uls_kernel.process_exit, on_exit, NULL);

	if (error)
		return error;
	error = tracepoint_probe_register(uls_kernel.process_exec, on_exec, NULL);
	if (error) {
		tracepoint_probe_unregister(uls_kernel.process_exit, on_exit, NULL);
		tracepoint_synchronize_unregister();
	}
	return error;
}

/* What tasks have queued is done before the code goes; who calls it waits for those who are still in it. */
void uls_host_exit(void)
{
	while (atomic_read(&objects))
		msleep(1);
	tracepoint_probe_unregister(uls_kernel.process_exec, on_exec, NULL);
	tracepoint_probe_unregister(uls_kernel.process_exit, on_exit, NULL);
	tracepoint_synchronize_unregister();
}
