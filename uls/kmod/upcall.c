// SPDX-License-Identifier: GPL-2.0
/*
 * Upcalls.  All happens where a CPU returns to user mode, in one notifier: the
 * program's registers stand in the frame that the return will load, interrupts are
 * off, and all other work before user mode is done.  The notifier is armed when
 * events wait, and for a host in an upcall; Linux hands it from task to task, so
 * that the first host to return to user mode takes the event, whether it was
 * interrupted there, leaves a system call or is scheduled again.
 *
 * During an upcall the task is marked as if its system calls were emulated: the
 * kernel then makes none.  The notifier sees that one was tried: it is the end of
 * the upcall, or the end of the extension's patience.
 */
#include <linux/entry-common.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include <asm/irq_regs.h>
#include <asm/tsc.h>

#include <osext/marker.h>

#include "compat.h"
#include "queue.h"
#include "sandbox.h"
#include "uls.h"

#define STUB_SYSCALL_END (OSEXT_ULS_STUB + 7)	/* see the stub in sandbox.c */
#define UNBLOCKABLE (sigmask(SIGKILL) | sigmask(SIGSTOP))

DEFINE_PER_CPU(struct uls_cpu, uls_cpu);

/* Context: interrupts off. */
void uls_disarm_return(struct uls_cpu *cpu)
{
	if (!cpu->registered)
		return;
	cpu->registered = false;
	user_return_notifier_unregister(&cpu->on_return);
}

/*
 * A restartable sequence that is interrupted must be restarted if its CPU changes
 * before it goes on, and the kernel looks for it only at the registers that it
 * finds: so while one is registered there is no upcall.  The kernel is made to look
 * now, and the next return to user mode is free of it.
 */
static noinline void leave_sequence(struct uls_cpu *cpu)
{
	rseq_preempt(current);
	irq_work_queue(&cpu->kick);
}

static inline bool in_restartable_sequence(struct uls_cpu *cpu)
{
	struct rseq __user *rseq = current->rseq;
	u64 sequence;

	if (!rseq)
		return false;
	pagefault_disable();
	if (!user_access_begin(rseq, sizeof(*rseq)))
		goto no_memory;
	unsafe_get_user(sequence, (u64 __user *)&rseq->rseq_cs, fault);
	user_access_end();
	pagefault_enable();
	if (likely(!sequence))
		return false;
	leave_sequence(cpu);
	return true;
fault:
	user_access_end();
no_memory:
	pagefault_enable();
	leave_sequence(cpu);
	return true;
}

/* May an upcall happen in this host, now? */
static bool is_fit(struct uls_cpu *cpu, struct uls_host *host, const struct pt_regs *regs)
{
	return regs->cs == __USER_CS && uls_is_alone(host) &&
	       !current->ptrace && !uls_has_shadow_stack(current) &&
	       !test_syscall_work(SYSCALL_USER_DISPATCH) && !in_restartable_sequence(cpu);
}

static __always_inline void enter(struct uls_cpu *cpu, struct uls_host *host, struct pt_regs *regs,
		  struct uls_extension *extension)
{
	host->extension = extension;
	host->verdict = -1;
	host->spent = 0;
	*extension->return_address = OSEXT_ULS_STUB;
	regs->ip = extension->entry;
	regs->sp = extension->stack;
	regs->di = extension->record;
	regs->flags = X86_EFLAGS_IF | X86_EFLAGS_FIXED;
	regs->orig_ax = -1;
	/* What SYSRET needs; after an interrupt it is IRET in any case. */
	regs->cx = extension->taken_flags & OSEXT_ULS_BY_IRET ? 0 : regs->ip;
	regs->r11 = regs->flags;
	uls_budget_begin(cpu, host);
}

/* False: this is not the time. */
static __always_inline bool begin(struct uls_cpu *cpu, struct uls_host *host, struct pt_regs *regs)
{
	struct uls_extension *extension;

	if (static_branch_unlikely(&uls_marked)) {
		host->stamp = rdtsc_ordered();
		OSEXT_MARK(OSEXT_MARK_BEGIN);
	}
	if (!is_fit(cpu, host, regs)) {
		host->calling = false;
		return false;
	}
	host->drained = 0;
	uls_lock();
	extension = likely(!host->calling) ? uls_take(host) : uls_take_call(host, regs);
	uls_unlock();
	if (!extension)
		return false;
	if (static_branch_unlikely(&uls_marked) && extension->taken_flags & OSEXT_ULS_MARK_UPCALL)
		extension->told->stamp = host->stamp;
	host->program = *regs;
	/* Senders may still see the old mask and wake us: that finds nothing, and the signal waits. */
	host->blocked = current->blocked;
	current->blocked.sig[0] = ~UNBLOCKABLE;
	set_syscall_work(SYSCALL_EMU);
	host->place = ULS_IN;
	uls_open(host);
	if (static_branch_unlikely(&uls_flushing) && extension->taken_flags & OSEXT_ULS_FLUSH_ALL)
		uls_drop_all_translations();
	enter(cpu, host, regs, extension);
	return true;
}

/* The interrupted program goes on. */
static void restore(struct uls_cpu *cpu, struct uls_host *host, struct pt_regs *regs)
{
	unsigned long waiting;

	host->place = ULS_OUT;
	host->extension = NULL;
	*regs = host->program;
	clear_syscall_work(SYSCALL_EMU);
	spin_lock(&current->sighand->siglock);
	current->blocked = host->blocked;
	waiting = current->pending.signal.sig[0] | current->signal->shared_pending.signal.sig[0];
	if (unlikely(waiting & ~host->blocked.sig[0]))
		recalc_sigpending();
	spin_unlock(&current->sighand->siglock);
	if (unlikely(host->held))
		uls_release_fault(host);
	/* Signals were looked at before this notifier ran: have them looked at again. */
	if (unlikely(signal_pending(current)))
		irq_work_queue(&cpu->kick);
}

/* Under uls_lock. */
static void count_end(struct uls_extension *extension, int verdict)
{
	u64 *aborts = extension->statistics.aborts;
	u32 i;

	if (verdict < 0) {
		extension->statistics.returns++;
		return;
	}
	aborts[verdict]++;
	if (aborts[OSEXT_ULS_ABORT_FAULT] + aborts[OSEXT_ULS_ABORT_SYSTEM_CALL] + aborts[OSEXT_ULS_ABORT_BUDGET] >=
	    OSEXT_ULS_ABORTS_MAX) {
		extension->condemned = true;
		extension->revoked = true;
		for (i = 0; i < extension->binding_count; i++)
			extension->bindings[i]->last = 0;	/* its timers stop */
	}
}

/* The scheduler was asked before this notifier ran: who is more urgent than the host gets an interrupt. */
static noinline void wake_waiters(struct uls_cpu *cpu, u32 id)
{
	uls_pass_look(id);
	if (need_resched())
		irq_work_queue(&cpu->kick);
}

/* The upcall is over; another event may follow on the spot.  verdict: enum osext_uls_abort, or -1. */
static void end(struct uls_cpu *cpu, struct uls_host *host, struct pt_regs *regs, int verdict)
{
	struct uls_extension *extension = host->extension, *next = NULL;
	bool wakes = extension->taken_flags & OSEXT_ULS_WAKE;
	u32 id = extension->id;

	if (unlikely(host->called)) {
		host->called = false;
		host->program.ax = verdict < 0 ? 0 : -ECANCELED;
		host->program.dx = extension->told->answer;
	}
	uls_lock();
	count_end(extension, verdict);
	extension->host = NULL;
	uls_update(extension);
	if (uls_deliverable && host->drained + 1 < OSEXT_ULS_DRAIN_MAX) {
		host->drained++;
		next = uls_take(host);
		next->statistics.drained++;
	}
	uls_unlock();
	if (unlikely(wakes))
		wake_waiters(cpu, id);
	if (next) {
		enter(cpu, host, regs, next);
		return;
	}
	uls_close(host);
	restore(cpu, host, regs);
}

/*
 * The host stops being in an upcall before it is back in user mode; its program is
 * restored there.  Context: the host itself, interrupts off; in the scheduler, or
 * dying and its memory gone.
 */
void uls_give_up(struct uls_host *host)
{
	struct uls_extension *extension = host->extension;

	if (host->place != ULS_IN)
		return;
	if (current->mm && current->mm == host->mm)	/* both are NULL when its memory is gone */
		uls_close(host);
	host->place = ULS_LEFT;
	host->extension = NULL;
	if (host->called) {
		host->called = false;
		host->program.ax = -ECANCELED;
	}
	uls_lock();
	count_end(extension, host->verdict < 0 ? OSEXT_ULS_ABORT_BLOCKED : host->verdict);
	extension->host = NULL;
	uls_update(extension);
	uls_unlock();
}

/* Context: on the way to user mode, interrupts off. */
static void on_user_return(struct user_return_notifier *notifier)
{
	struct uls_cpu *cpu = container_of(notifier, struct uls_cpu, on_return);
	struct uls_host *host = cpu->host;
	struct pt_regs *regs = task_pt_regs(current);

	if (host && likely(host->place == ULS_OUT)) {
		if (unlikely(host->watched))
			uls_see_call(host, regs);
		if ((READ_ONCE(uls_deliverable) || host->calling) && begin(cpu, host, regs))
			return;
		if (unlikely(host->held)) {	/* nobody to tell, or not now */
			uls_release_fault(host);
			irq_work_queue(&cpu->kick);
		}
	} else if (host && host->place == ULS_IN) {
		if (unlikely(host->verdict >= 0))
			end(cpu, host, regs, host->verdict);
		else if (unlikely(host->extension->revoked))
			end(cpu, host, regs, OSEXT_ULS_ABORT_UNLOADED);
		else if ((long)regs->orig_ax == OSEXT_ULS_RETURN && regs->ip == STUB_SYSCALL_END)
			end(cpu, host, regs, -1);
		else if ((long)regs->orig_ax >= 0)
			end(cpu, host, regs, OSEXT_ULS_ABORT_SYSTEM_CALL);
	} else if (host) {
		restore(cpu, host, regs);
	}
	if (!READ_ONCE(uls_deliverable) && (!host || (host->place == ULS_OUT && !host->watched)))
		uls_disarm_return(cpu);
}

/* Context: hard interrupt. */
static void look(void *unused)
{
	struct pt_regs *regs = get_irq_regs();
	struct uls_host *host = this_cpu_read(uls_cpu.host);

	if (regs && user_mode(regs))
		uls_arm_return();
	else if (host)
		uls_host_kick(host);
}

/* An event cannot be delivered here: is there a host on another CPU?  Context: interrupts off. */
void uls_interrupt_others(void)
{
	int cpu, self = raw_smp_processor_id();

	for_each_online_cpu(cpu)
		if (cpu != self)
			smp_call_function_single_async(cpu, per_cpu_ptr(&uls_cpu.nudge, cpu));	/* once is enough */
}

/* The interrupt is all that is wanted: its end looks for signals, for sequences and for us. */
static void kicked(struct irq_work *work)
{
}

static void stop_cpu(void *unused)
{
	uls_disarm_return(this_cpu_ptr(&uls_cpu));
}

void uls_upcall_init(void)
{
	int id;

	for_each_possible_cpu(id) {
		struct uls_cpu *cpu = per_cpu_ptr(&uls_cpu, id);

		cpu->on_return.on_user_return = on_user_return;
		init_irq_work(&cpu->kick, kicked);
		INIT_CSD(&cpu->nudge, look, NULL);
		uls_budget_init(cpu);
	}
}

/* May sleep; there are no extensions and no hosts any more. */
void uls_upcall_exit(void)
{
	int id;

	on_each_cpu(stop_cpu, NULL, 1);
	for_each_possible_cpu(id) {
		struct uls_cpu *cpu = per_cpu_ptr(&uls_cpu, id);

		irq_work_sync(&cpu->kick);
		uls_budget_exit(cpu);
	}
}
