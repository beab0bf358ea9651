// SPDX-License-Identifier: GPL-2.0
/* The kernel's internals that are not exported. */
#include <linux/kprobes.h>
#include <linux/static_call.h>

#include "compat.h"

struct uls_kernel uls_kernel;

static unsigned long no_lookup(const char *name)
{
	return 0;
}

/* A direct call: the function's ENDBR is sealed, so an indirect one would fault. */
DEFINE_STATIC_CALL(uls_kallsyms, no_lookup);

static bool no_access(struct task_struct *task, unsigned int mode)
{
	return false;
}

DEFINE_STATIC_CALL(uls_may_access, no_access);

bool uls_ptrace_may_access(struct task_struct *task, unsigned int mode)
{
	return static_call(uls_may_access)(task, mode);
}

/* kallsyms_lookup_name is not exported, but a kprobe finds it. */
static int find_lookup(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	int error = register_kprobe(&probe);
	unsigned long address;

	if (error) {
		pr_err("osext_uls: no kprobes (%d): cannot find kernel internals\n", error);
		return -ENOENT;
	}
	address = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
#ifdef CONFIG_X86_KERNEL_IBT
	if (is_endbr(*((u32 *)address - 1)))	/* the probe sits behind it */
		address -= 4;
#endif
	static_call_update(uls_kallsyms, (typeof(&no_lookup))address);
	return 0;
}

static int force_nothing(struct kernel_siginfo *info, struct task_struct *task, int handler)
{
	return 0;
}

DEFINE_STATIC_CALL(uls_force, force_nothing);

void uls_force_signal(struct kernel_siginfo *info, struct task_struct *task)
{
	static_call(uls_force)(info, task, 0);	/* HANDLER_CURRENT */
}

static int no_munmap(struct mm_struct *mm, unsigned long start, size_t bytes, struct list_head *unmapped)
{
	return -ENOSYS;
}

DEFINE_STATIC_CALL(uls_munmap, no_munmap);

int uls_do_munmap(struct mm_struct *mm, unsigned long start, size_t bytes)
{
	return static_call(uls_munmap)(mm, start, bytes, NULL);
}

/* 0, after a line in the kernel log, if there is none. */
static unsigned long find(const char *name)
{
	unsigned long address = static_call(uls_kallsyms)(name);

	if (!address)
		pr_err("osext_uls: this kernel has no %s: not supported\n", name);
	return address;
}

static void match_tracepoint(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "sched_process_exit"))
		uls_kernel.process_exit = tp;
	if (!strcmp(tp->name, "sched_process_exec"))
		uls_kernel.process_exec = tp;
	if (!strcmp(tp->name, "sched_process_fork"))
		uls_kernel.process_fork = tp;
}

int uls_compat_init(void)
{
	int error = find_lookup();
	unsigned long may_access, munmap;

	if (error)
		return error;
	uls_kernel.force_signal = find("force_sig_info_to_task");
	may_access = find("ptrace_may_access");
	munmap = find("do_munmap");
	if (!uls_kernel.force_signal || !may_access || !munmap)
		return -ENOENT;
	static_call_update(uls_force, (typeof(&force_nothing))uls_kernel.force_signal);
	static_call_update(uls_munmap, (typeof(&no_munmap))munmap);
	static_call_update(uls_may_access, (typeof(&no_access))may_access);
	for_each_kernel_tracepoint(match_tracepoint, NULL);
	if (!uls_kernel.process_exit || !uls_kernel.process_exec || !uls_kernel.process_fork) {
		pr_err("osext_uls: this kernel has no tracepoints sched_process_exit, _exec and _fork: not supported\n");
		return -ENOENT;
	}
	return 0;
}
