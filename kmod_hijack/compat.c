// SPDX-License-Identifier: GPL-2.0
/* Kernel internals and version differences. */
#include <linux/kprobes.h>
#include <linux/membarrier.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/tracepoint.h>
#include <asm/cpufeature.h>
#include <asm/mmu_context.h>

#include "compat.h"
#include "hijack.h"

struct hijack_kernel hijack_kernel;

static unsigned long no_lookup(const char *name)
{
	return 0;
}

static long no_syscall(const struct pt_regs *regs, unsigned int nr)
{
	return -ENOSYS;
}

static void no_signal(struct pt_regs *regs)
{
}

static int no_walk(struct mm_struct *mm, unsigned long start, unsigned long end, const struct mm_walk_ops *ops,
		   void *private)
{
	return -ENOSYS;
}

static void no_switch(struct mm_struct *prev, struct mm_struct *next, struct task_struct *task)
{
}

static void no_mm(struct mm_struct *mm)
{
}

static void no_task(struct task_struct *task)
{
}

static bool no_get_signal(struct ksignal *signal)
{
	return false;
}

static void no_work(void)
{
}

static int no_force(struct kernel_siginfo *info)
{
	return -ENOSYS;
}

/* Its ENDBR is sealed too: an indirect call would be a control-protection fault. */
DEFINE_STATIC_CALL(hijack_kallsyms, no_lookup);
DEFINE_STATIC_CALL(hijack_x64_sys_call, no_syscall);
DEFINE_STATIC_CALL(hijack_do_signal, no_signal);
DEFINE_STATIC_CALL(hijack_walk, no_walk);
DEFINE_STATIC_CALL(hijack_get_signal, no_get_signal);
DEFINE_STATIC_CALL(hijack_task_work_run, no_work);
DEFINE_STATIC_CALL(hijack_force_sig_info, no_force);
DEFINE_STATIC_CALL(hijack_switch_mm, no_switch);
DEFINE_STATIC_CALL(hijack_membarrier_update, no_mm);
DEFINE_STATIC_CALL(hijack_drop_concurrency_id, no_task);	/* 6.3 to 6.18 */
DEFINE_STATIC_CALL(hijack_sync_counters, no_mm);	/* before 6.2: counts cached in the task */

unsigned long hijack_lookup(const char *name)
{
	return static_call(hijack_kallsyms)(name);
}

static unsigned long need(const char *name)
{
	unsigned long address = hijack_lookup(name);

	if (!address)
		pr_err("osext_hijack: this kernel has no %s: not supported\n", name);
	return address;
}

/* kallsyms_lookup_name is not exported, but a kprobe finds it. */
static int find_lookup(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	int error = register_kprobe(&probe);
	unsigned long address;

	if (error) {
		pr_err("osext_hijack: no kprobes (%d): cannot find kernel internals\n", error);
		return -ENOENT;
	}
	address = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
#ifdef CONFIG_X86_KERNEL_IBT
	if (is_endbr(*((u32 *)address - 1)))	/* the probe sits behind it */
		address -= 4;
#endif
	static_call_update(hijack_kallsyms, (typeof(&no_lookup))address);
	return 0;
}

static void match_tracepoint(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "sched_process_exit"))
		hijack_kernel.process_exit = tp;
	if (!strcmp(tp->name, "sched_process_fork"))
		hijack_kernel.process_fork = tp;
	if (!strcmp(tp->name, "sched_wakeup"))
		hijack_kernel.wakeup = tp;
	if (!strcmp(tp->name, "sched_switch"))
		hijack_kernel.sched_switch = tp;
	if (!strcmp(tp->name, "hrtimer_expire_entry"))
		hijack_kernel.timer_expiry = tp;
}

#define NEED(call, name)                                                          \
	({                                                                        \
		unsigned long address = need(name);                               \
		if (address)                                                      \
			static_call_update(call, (typeof(&STATIC_CALL_TRAMP(call)))address); \
		address;                                                          \
	})

int hijack_compat_init(void)
{
	int error = find_lookup();

	if (error)
		return error;
	hijack_kernel.entry_syscall_64 = need("entry_SYSCALL_64");
	hijack_kernel.carrier = need("__x64_sys_vhangup");
	if (!hijack_kernel.entry_syscall_64 || !hijack_kernel.carrier)
		return -ENOENT;
	/* Static before 6.7, and without the argument that it does not use. */
	hijack_kernel.syscall_trace_enter = hijack_lookup("syscall_trace_enter") ?:
					    need("syscall_trace_enter.constprop.0");
	if (!hijack_kernel.syscall_trace_enter)
		return -ENOENT;
	hijack_kernel.arch_do_signal_or_restart = NEED(hijack_do_signal, "arch_do_signal_or_restart");
	if (!hijack_kernel.arch_do_signal_or_restart || !NEED(hijack_x64_sys_call, "x64_sys_call") ||
	    !NEED(hijack_get_signal, "get_signal") || !NEED(hijack_task_work_run, "task_work_run") ||
	    !NEED(hijack_force_sig_info, "force_sig_info") || !NEED(hijack_switch_mm, "switch_mm_irqs_off") || !NEED(hijack_membarrier_update, "membarrier_update_current_mm") ||
	    !NEED(hijack_walk, "walk_page_range"))
		return -ENOENT;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	if (!NEED(hijack_drop_concurrency_id, "sched_mm_cid_before_execve"))
		return -ENOENT;
#else
	if (!NEED(hijack_sync_counters, "sync_mm_rss"))
		return -ENOENT;
#endif
	hijack_kernel.posix_timer_fn = hijack_lookup("posix_timer_fn");
	for_each_kernel_tracepoint(match_tracepoint, NULL);
	if (!hijack_kernel.process_exit || !hijack_kernel.process_fork || !hijack_kernel.wakeup ||
	    !hijack_kernel.sched_switch) {
		pr_err("osext_hijack: this kernel has no tracepoints sched_process_exit, _fork, sched_wakeup and sched_switch: not supported\n");
		return -ENOENT;
	}
	return 0;
}

void hijack_start_switching(void)
{
	static_call(hijack_drop_concurrency_id)(current);
}

void hijack_use_mm(struct mm_struct *mm)
{
	struct task_struct *task = current;
	struct mm_struct *old = task->mm;

	mmget(mm);
	static_call(hijack_sync_counters)(old);
	task_lock(task);
	local_irq_disable();
	task->mm = mm;
	task->active_mm = mm;
	static_call(hijack_membarrier_update)(mm);
	static_call(hijack_switch_mm)(old, mm, task);
	hijack_global_left(old);
	local_irq_enable();
	task_unlock(task);
	mmput(old);
}

void hijack_force_fault(int signal, int code, u64 address)
{
	struct kernel_siginfo info;

	if (!valid_signal(signal) || signal == 0 || code <= SI_USER)
		return;
	clear_siginfo(&info);
	info.si_signo = signal;
	info.si_code = code;
	info.si_addr = (void __user *)address;
	static_call(hijack_force_sig_info)(&info);
}

bool hijack_has_shadow_stack(struct task_struct *task)
{
#ifdef CONFIG_X86_USER_SHADOW_STACK
	return task->thread.features & 1;	/* ARCH_SHSTK_SHSTK */
#else
	return false;
#endif
}

bool hijack_has_fred(void)
{
#ifdef X86_FEATURE_FRED
	return cpu_feature_enabled(X86_FEATURE_FRED);
#else
	return false;
#endif
}
