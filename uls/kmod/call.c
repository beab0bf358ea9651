// SPDX-License-Identifier: GPL-2.0
/*
 * Calls: a host calls an extension and waits for its answer.  The system call only
 * says what is wanted; the upcall begins where the CPU returns to user mode, as all
 * do, and its end puts result and answer into the caller's registers.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/ptrace.h>
#include <linux/sched/task_stack.h>

#include "queue.h"
#include "uls.h"

/*
 * Context: a system call.  What it returns stays the result if the upcall does not
 * come about on the way to user mode.
 */
long uls_call(const struct osext_uls_rpc *call)
{
	const struct pt_regs *regs = current_pt_regs();
	struct uls_host *host = this_cpu_read(uls_cpu.host);

	if (!host)
		return -ENOTCONN;
	host->call = *call;
	host->call_ip = regs->ip;
	host->call_sp = regs->sp;
	local_irq_disable();
	host->calling = true;
	uls_arm_return();
	local_irq_enable();
	return -EAGAIN;
}

static int refuse(const struct uls_extension *extension)
{
	if (!extension || !extension->started)
		return -ENOENT;
	if (!uid_eq(current_euid(), extension->creator) && !ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	if (extension->revoked)
		return -EOWNERDEAD;
	return extension->host ? -EBUSY : 0;
}

/* NULL: it cannot be called, and if the caller's registers are at hand they say why. */
static struct uls_extension *find(struct uls_host *host, struct pt_regs *regs)
{
	struct uls_extension *extension = NULL;
	int error;

	/* It may be in the handler of a signal already. */
	if (regs->ip != host->call_ip || regs->sp != host->call_sp)
		return NULL;
	if (host->call.id < OSEXT_ULS_EXTENSIONS_MAX)
		extension = uls_extensions[host->call.id];
	error = refuse(extension);
	if (!error)
		return extension;
	regs->ax = error;
	return NULL;
}

/*
 * The extension that `host` calls is taken for it; or, if that cannot be, the next
 * event as in uls_take().  Context: on the way to user mode, under uls_lock.
 */
struct uls_extension *uls_take_call(struct uls_host *host, struct pt_regs *regs)
{
	struct uls_extension *extension = find(host, regs);
	struct osext_uls_record *told;

	host->calling = false;
	if (!extension)
		return uls_take(host);
	told = extension->told;
	told->kind = OSEXT_ULS_CALLED;
	told->number = host->call.number;
	told->value = host->call.value;
	told->overrun = 0;
	told->pid = host->pid;
	told->cpu = raw_smp_processor_id();
	told->drained = 0;
	told->stamp = 0;
	told->answer = 0;
	extension->host = host;
	extension->taken_flags = 0;
	extension->statistics.upcalls++;
	uls_update(extension);
	host->called = true;
	return extension;
}
