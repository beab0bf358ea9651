/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's own structures: extensions in the sandbox, and hosts, the processes
 * they run in.
 *
 * Who may touch what: what a binding queues, which extensions wait for a host, and
 * who runs in whom changes under uls_lock(), which is taken with interrupts off, from
 * hard interrupts and under the scheduler's locks; so nothing that wakes a task is
 * done under it.  Set-up is under uls_mutex.  A host belongs to its own task: its
 * return to user mode, its scheduling notifiers and the interrupts over its user
 * mode are all on the CPU that runs it.
 */
#ifndef OSEXT_ULS_KMOD_ULS_H
#define OSEXT_ULS_KMOD_ULS_H

#include <linux/atomic.h>
#include <linux/capability.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/jump_label.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/signal_types.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>
#include <linux/user-return-notifier.h>
#include <asm/pgtable.h>
#include <asm/ptrace.h>
#include <asm/tsc.h>

#include <osext/uls.h>

struct linux_binprm;
struct uls_extension;

/* What is told about an event besides its value. */
union uls_about {
	struct osext_uls_call call;
	struct osext_uls_fault fault;
	struct osext_uls_packet packet;
};

/* A process of which a binding sees the events (watch.c). */
struct uls_watch {
	struct pid *process;
	struct uls_host *host;	/* while it is one; this and the lists under uls_lock */
	struct list_head in_host, all;
	kuid_t user;		/* the rights to watch it, asked for again when it becomes a host once more */
	kgid_t group;
	kernel_cap_t permitted;
	bool privileged;
};

struct uls_binding {
	struct hrtimer timer;
	struct uls_extension *extension;
	u32 kind __aligned(8), number;	/* as in the record */
	u32 flags;
	u32 place;		/* in its extension's array */
	s32 priority;
	bool enabled;		/* it is in that array */
	u32 limit, count, head;	/* of the queue */
	u64 overrun;
	u64 expirations, last;	/* the timer stops after the last one */
	u64 stamp;		/* of the last event, if marked */
	u64 expired;	/* time stamp of the last expiration */
	u64 patience;	/* in time stamps: it is late if the next one takes longer */
	ktime_t period;
	u32 call;		/* SYSCALL: the number, or OSEXT_ULS_ANY_CALL */
	struct uls_watch watch;	/* SYSCALL, FAULT */
	u32 port;		/* PACKET, and where the hook is */
	struct net *net;
	struct nf_hook_ops hook;
	union uls_about *about;	/* of the events that wait, as values[]; with ULS_TOLD_MORE */
	u64 values[OSEXT_ULS_QUEUE_MAX];
};

/* Pages of one of the superpages. */
struct uls_area {
	u32 first, count;
};

/* A process that gave up all its memory for the sandbox. */
struct uls_thread {
	struct uls_host *host;	/* its mapping; NULL: the place is free */
	struct task_struct *task;
	struct uls_area stack;	/* with its record, at the end */
};

struct uls_extension {
	u32 id;
	char name[OSEXT_ULS_NAME_BYTES];
	const void *session;	/* the open file it belongs to */
	kuid_t creator;
	struct uls_area code, data;
	u32 code_bytes, data_bytes, stack_bytes;
	bool started;		/* events reach it */
	bool revoked;		/* ... no more */
	bool condemned;		/* because it was aborted too often */
	u64 entry, stack, record;	/* in the sandbox */
	u64 *return_address;	/* the same memory, as the kernel sees it */
	struct osext_uls_record *told;
	u64 budget;		/* in time stamps */
	struct uls_host *host;	/* that it runs in now */
	u32 taken_flags;	/* of the binding whose event that is */
	u32 ready;		/* bindings with events, bit by place in the array */
	u32 binding_count;
	struct uls_binding *bindings[OSEXT_ULS_BINDINGS_MAX];	/* by falling priority */
	struct uls_thread threads[OSEXT_ULS_THREADS_MAX];
	struct osext_uls_statistics statistics;
};

enum uls_place {
	ULS_OUT,	/* the host runs its own program */
	ULS_IN,		/* an upcall, the sandbox is open */
	ULS_LEFT,	/* the upcall was given up in the kernel, the program's state not yet restored */
};

struct uls_host {
	struct kref references;	/* the mapping, the task, queued work */
	struct task_struct *task;	/* without a reference: only compared, or while it is known to be there */
	pid_t pid;
	struct mm_struct *mm;	/* the task's own; NULL: whoever shares it has unmapped the sandbox */
	struct mm_struct *mapped_in;	/* with a reference (mmgrab) */
	pmd_t *pmd;		/* the entries of code and data */
	struct preempt_notifier watch;
	struct callback_head work;	/* on the way to user mode: arm the CPU's notifier */
	bool work_queued;
	bool joined;
	bool injected;		/* it was not its own wish, */
	bool asked;		/* though later it was */
	bool watched;		/* `watches` is not empty; read by the host without the lock */
	struct list_head in_hosts;	/* all that joined, under uls_lock */
	struct list_head in_mappings;	/* of those that were injected (eject.c) */
	struct list_head watches;	/* bindings, under uls_lock */
	bool unmapped;		/* the mapping is gone, so nobody reaches the sandbox by it */
	bool calling;		/* it wants the upcall that `call` describes, where it goes on from call_ip and call_sp */
	bool called;		/* the upcall it is in is that one */
	struct osext_uls_rpc call;
	u64 call_ip, call_sp;

	enum uls_place place;
	struct uls_extension *extension;	/* while ULS_IN */
	int verdict;		/* enum osext_uls_abort, or -1 */
	u32 drained;
	u32 opened_cpu;
	bool migrated;		/* the sandbox was open on more than one CPU */
	u64 stamp;		/* of the last try to deliver, if any is marked */
	u64 begun;		/* time stamp: the upcall, or its last time on a CPU */
	u64 spent;		/* before that */
	bool held;		/* a fault of the program's own: the signal, and the kernel's notes for it */
	bool releasing;
	struct kernel_siginfo fault;
	unsigned long trap_nr, error_code, cr2;
	struct pt_regs program;	/* the interrupted program's registers, */
	sigset_t blocked;	/* and its signal mask */
};

struct uls_cpu {
	struct uls_host *host;	/* the current task, if it is one */
	struct user_return_notifier on_return;
	bool registered;	/* on_return is */
	bool watching;		/* the timer runs */
	bool used;		/* an upcall began since it ran out */
	struct hrtimer watchdog;
	struct irq_work kick;	/* an interrupt for this CPU */
	call_single_data_t nudge;	/* makes it look whether its program is a host */
};

DECLARE_PER_CPU(struct uls_cpu, uls_cpu);

extern struct mutex uls_mutex;
extern struct uls_extension *uls_extensions[OSEXT_ULS_EXTENSIONS_MAX];
extern u32 uls_deliverable;	/* extensions with events and without a host, by id */
DECLARE_STATIC_KEY_FALSE(uls_marked);	/* there are bindings with OSEXT_ULS_MARK_UPCALL */
DECLARE_STATIC_KEY_FALSE(uls_flushing);	/* ... with OSEXT_ULS_FLUSH_ALL */
extern u64 uls_shortest_budget;	/* in time stamps */
extern atomic_t uls_hosts;

/*
 * A word that is 1 while somebody has the lock: with interrupts off there is no
 * preemption to count, what is done under it is short, and to release it is one
 * instruction, where the kernel's own lock has a call that a hypervisor may patch.
 */
extern atomic_t uls_spin;

static __always_inline void uls_lock(void)
{
	while (unlikely(atomic_cmpxchg_acquire(&uls_spin, 0, 1)))
		cpu_relax();
}

static __always_inline void uls_unlock(void)
{
	atomic_set_release(&uls_spin, 0);
}

static inline void uls_lock_irq(void)
{
	local_irq_disable();
	uls_lock();
}

static inline void uls_unlock_irq(void)
{
	uls_unlock();
	local_irq_enable();
}

/* Module parameters. */
DECLARE_STATIC_KEY_FALSE(uls_mode_us);	/* close by the user bit alone */
DECLARE_STATIC_KEY_FALSE(uls_stale);	/* for tests: do not drop translations */

/* sandbox.c; opening and closing: sandbox.h */
int uls_sandbox_init(void);
void uls_sandbox_exit(void);
int uls_area_allocate(unsigned long page, u32 bytes, struct uls_area *area);
void uls_area_free(unsigned long page, struct uls_area *area);
u64 uls_area_address(unsigned long page, const struct uls_area *area);
void *uls_alias(u64 address);
int uls_map(struct uls_host *host);
int uls_try_open(const struct osext_uls_open *open);
void uls_keep_open(struct uls_host *host);
void uls_shut(struct uls_host *host);
void uls_unmap(struct uls_host *host);

/* extension.c; all may sleep, under uls_mutex */
struct uls_extension *uls_find(u32 id);
int uls_load(const void *session, struct osext_uls_load *load);
int uls_copy(struct uls_extension *extension, const struct osext_uls_copy *copy, void *memory, bool write);
int uls_start(struct uls_extension *extension, const struct osext_uls_start *start);
void uls_unload(struct uls_extension *extension);
u64 uls_time_stamps(u64 ns);
void uls_find_shortest_budget(void);
void uls_statistics(struct osext_uls_statistics *statistics);

/* event.c */
int uls_bind(struct uls_extension *extension, const struct osext_uls_bind *bind);
void uls_unbind_all(struct uls_extension *extension);
int uls_raise(const struct osext_uls_raise *raise);
u32 uls_most_urgent(u32 candidates);

/* host.c */
int uls_host_init(void);
void uls_host_exit(void);
int uls_host_new(struct uls_host **host, bool injected);
int uls_join(bool injected);
void uls_host_end(struct uls_host *host);
void uls_host_put(struct uls_host *host);
void uls_host_kick(struct uls_host *host);
extern struct list_head uls_all_hosts;	/* under uls_lock */

/* inject.c */
int uls_inject_init(void);
void uls_inject_exit(void);
void uls_inject_exec(const struct linux_binprm *binprm);
void uls_inject_statistics(struct osext_uls_statistics *statistics);

/* eject.c */
void uls_mapping_begins(struct uls_host *host);
void uls_mapping_ends(struct uls_host *host);
void uls_eject_all(void);

/* watch.c */
int uls_watch_begin(struct uls_watch *watch, u64 pid);
void uls_watch_end(struct uls_watch *watch);
void uls_watch_joined(struct uls_host *host);
void uls_watch_left(struct uls_host *host);

/* syscall.c */
void uls_see_call(struct uls_host *host, const struct pt_regs *regs);

/* packet.c */
int uls_packet_begin(struct uls_binding *binding, u32 port);
void uls_packet_end(struct uls_binding *binding);

/* trap.c */
bool uls_hold_fault(struct uls_host *host, const struct kernel_siginfo *info);
void uls_release_fault(struct uls_host *host);

/* upcall.c */
void uls_upcall_init(void);
void uls_upcall_exit(void);

/* Context: interrupts off, and not in the middle of another user of return notifiers. */
static __always_inline void uls_arm_return(void)
{
	struct uls_cpu *cpu = this_cpu_ptr(&uls_cpu);

	if (cpu->registered) {
		set_thread_flag(TIF_USER_RETURN_NOTIFY);	/* lost if the CPU was offline */
		return;
	}
	cpu->registered = true;
	user_return_notifier_register(&cpu->on_return);
}

void uls_disarm_return(struct uls_cpu *cpu);
void uls_give_up(struct uls_host *host);
void uls_interrupt_others(void);

/* call.c */
long uls_call(const struct osext_uls_rpc *call);
struct uls_extension *uls_take_call(struct uls_host *host, struct pt_regs *regs);

/* thread.c; may sleep, under uls_mutex */
int uls_thread_start(struct uls_extension *extension, const struct osext_uls_thread *thread);
void uls_threads_end(struct uls_extension *extension);
u32 uls_threads_alive(const struct uls_extension *extension);

/* pass.c; may sleep */
long uls_pass(const struct file *session, struct osext_uls_pass *pass);
void uls_pass_end(u32 id);
void uls_pass_look(u32 id);

/* device.c; may sleep */
int uls_device_init(void);
void uls_device_exit(void);

/* budget.c */
void uls_budget_init(struct uls_cpu *cpu);
void uls_budget_exit(struct uls_cpu *cpu);
void uls_budget_start_timer(struct uls_cpu *cpu);
void uls_budget_renew(void);
int uls_budget_follow_cpus(void);
void uls_budget_leave_cpus(void);

/* An upcall begins, or goes on, on this CPU.  Context: interrupts off. */
static __always_inline void uls_budget_begin(struct uls_cpu *cpu, struct uls_host *host)
{
	host->begun = rdtsc();
	cpu->used = true;
	if (unlikely(!cpu->watching))
		uls_budget_start_timer(cpu);
}

/* fault.c */
int uls_fault_init(void);
void uls_fault_exit(void);

#endif
