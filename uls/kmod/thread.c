// SPDX-License-Identifier: GPL-2.0
/*
 * Threads: processes that the kernel schedules and that run in the sandbox.  A child
 * of the creator's gives up all its memory for the sandbox, which stays open in it, so
 * that system calls take pointers into it, and block.  Nothing else of the process
 * changes: credentials and files are the creator's.
 *
 * A thread ends as a process does.  The end of the extension kills it and closes its
 * sandbox at once, without waiting for it: what it still does in the kernel finds no
 * memory there.
 *
 * Context of everything: under uls_mutex, may sleep.
 */
#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/rseq.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>

#include "uls.h"

#define STACK_MIN_BYTES 1024

/* Its memory is free again; nobody reaches the sandbox by its mapping any more. */
static void forget(struct uls_thread *thread)
{
	uls_area_free(OSEXT_ULS_DATA, &thread->stack);
	put_task_struct(thread->task);
	uls_host_put(thread->host);
	thread->host = NULL;
}

u32 uls_threads_alive(const struct uls_extension *extension)
{
	u32 i, count = 0;

	for (i = 0; i < OSEXT_ULS_THREADS_MAX; i++)
		count += extension->threads[i].host && !READ_ONCE(extension->threads[i].host->unmapped);
	return count;
}

/* A place for one more; those that have ended are cleared away.  NULL: too many are alive. */
static struct uls_thread *find_place(struct uls_extension *extension)
{
	struct uls_thread *place = NULL, *thread;

	for (thread = extension->threads; thread < extension->threads + OSEXT_ULS_THREADS_MAX; thread++) {
		if (thread->host && READ_ONCE(thread->host->unmapped))
			forget(thread);
		if (!thread->host && !place)
			place = thread;
	}
	return place;
}

void uls_threads_end(struct uls_extension *extension)
{
	struct uls_thread *thread;

	for (thread = extension->threads; thread < extension->threads + OSEXT_ULS_THREADS_MAX; thread++) {
		if (!thread->host)
			continue;
		if (!READ_ONCE(thread->host->unmapped)) {
			send_sig(SIGKILL, thread->task, 1);
			if (!static_branch_unlikely(&uls_stale))
				uls_shut(thread->host);
		}
		forget(thread);
	}
}

/* What refers to memory that is gone, as execve() forgets it. */
static void forget_old_memory(void)
{
	struct k_sigaction *action;

	rseq_execve(current);
	sas_ss_reset(current);
	current->robust_list = NULL;
	current->clear_child_tid = NULL;
	spin_lock_irq(&current->sighand->siglock);
	for (action = current->sighand->action; action < current->sighand->action + _NSIG; action++) {
		if (action->sa.sa_handler != SIG_IGN)
			action->sa.sa_handler = SIG_DFL;
		action->sa.sa_flags = 0;
		action->sa.sa_restorer = NULL;
		sigemptyset(&action->sa.sa_mask);
	}
	spin_unlock_irq(&current->sighand->siglock);
}

/* A parent that waits as after vfork() goes on, as it does at execve(). */
static void release_parent(void)
{
	struct completion *parent;

	task_lock(current);
	parent = current->vfork_done;
	current->vfork_done = NULL;
	if (parent)
		complete(parent);
	task_unlock(current);
}

static u64 lay_out(const struct uls_extension *extension, const struct uls_thread *thread,
		   const struct osext_uls_thread *wanted)
{
	u64 stack = uls_area_address(OSEXT_ULS_DATA, &thread->stack);
	u64 at = stack + thread->stack.count * PAGE_SIZE - sizeof(struct osext_uls_thread_record);
	struct osext_uls_thread_record *record = uls_alias(at);

	record->id = extension->id;
	record->pid = task_pid_nr(current);
	record->device = wanted->device;
	record->stack = stack;
	record->argument = wanted->argument;
	*(u64 *)uls_alias(at - sizeof(u64)) = OSEXT_ULS_THREAD_END;
	return at;
}

/* The system call returns into the function; by SYSRET, if nothing else comes. */
static void enter(u64 entry, u64 record, u64 argument)
{
	struct pt_regs *regs = current_pt_regs();

	regs->bx = regs->bp = regs->dx = regs->r8 = regs->r9 = regs->r10 = 0;
	regs->r12 = regs->r13 = regs->r14 = regs->r15 = 0;
	regs->di = argument;
	regs->si = record;
	regs->ip = regs->cx = entry;
	regs->sp = record - sizeof(u64);
	regs->flags = regs->r11 = X86_EFLAGS_IF | X86_EFLAGS_FIXED;
	regs->orig_ax = -1;
}

static int check(const struct uls_extension *extension, const struct osext_uls_thread *wanted)
{
	u64 code = uls_area_address(OSEXT_ULS_CODE, &extension->code);

	if (wanted->reserved || wanted->entry < code || wanted->entry - code >= extension->code_bytes ||
	    wanted->stack_bytes < STACK_MIN_BYTES || wanted->stack_bytes % 16 ||
	    wanted->stack_bytes > OSEXT_ULS_PAGE_BYTES / 2)
		return -EINVAL;
	if (!extension->started)
		return -ENOENT;
	if (extension->revoked)
		return -EOWNERDEAD;
	if (!uid_eq(current_euid(), extension->creator))
		return -EPERM;
	return current->ptrace ? -EBUSY : 0;
}

/*
 * The calling process becomes a thread.  -EPERM: it is another user's than the
 * creator's; -EBUSY: it is traced; -EMFILE: too many threads; -ENOSPC: the sandbox is
 * full; or as uls_host_new().  Later nothing is left of the process that could be
 * told of an error, and it is killed.
 */
int uls_thread_start(struct uls_extension *extension, const struct osext_uls_thread *wanted)
{
	struct uls_thread *thread = find_place(extension);
	int error = check(extension, wanted);
	struct uls_host *host;

	if (error)
		return error;
	if (!thread)
		return -EMFILE;
	error = uls_host_new(&host, false);
	if (error)
		return error;
	error = uls_area_allocate(OSEXT_ULS_DATA, wanted->stack_bytes + sizeof(struct osext_uls_thread_record),
				  &thread->stack);
	if (!error)
		error = vm_munmap(0, TASK_SIZE);	/* a host leaves by this */
	if (error) {
		if (thread->stack.count)
			uls_area_free(OSEXT_ULS_DATA, &thread->stack);
		uls_host_put(host);
		return error;
	}
	forget_old_memory();
	set_mask_bits(&current->mm->flags, MMF_DUMPABLE_MASK, SUID_DUMP_DISABLE);
	error = uls_map(host);
	if (error) {
		uls_area_free(OSEXT_ULS_DATA, &thread->stack);
		uls_host_put(host);
		send_sig(SIGKILL, current, 1);
		return error;
	}
	uls_keep_open(host);
	get_task_struct(current);
	thread->task = current;
	thread->host = host;
	enter(wanted->entry, lay_out(extension, thread, wanted), wanted->argument);
	release_parent();
	return 0;
}
