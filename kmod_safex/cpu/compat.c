// SPDX-License-Identifier: GPL-2.0
/* The kernel's internals that the manager needs and that are not exported. */
#include <linux/kprobes.h>
#include <linux/static_call.h>

#include "cpu.h"

/* Both are called directly: the functions' ENDBR may be sealed, so that an indirect call would fault. */
static unsigned long long no_time(struct task_struct *task)
{
	return 0;
}

static struct callback_head *cancel_nothing(struct task_struct *task,
					    bool (*match)(struct callback_head *, void *), void *data)
{
	return NULL;
}

DEFINE_STATIC_CALL(safex_cpu_runtime, no_time);
DEFINE_STATIC_CALL(safex_cpu_cancel, cancel_nothing);

/* The scheduler's own reading, with the present stretch on a CPU, under the run queue's lock if need be. */
u64 safex_cpu_time(struct task_struct *task)
{
	return static_call(safex_cpu_runtime)(task);
}

struct callback_head *safex_cpu_cancel_work(struct task_struct *task,
					    bool (*match)(struct callback_head *, void *), void *data)
{
	return static_call(safex_cpu_cancel)(task, match, data);
}

/* What kallsyms does not tell modules, a kprobe finds. */
static unsigned long find(const char *name)
{
	struct kprobe probe = { .symbol_name = name };
	int error = register_kprobe(&probe);
	unsigned long address;

	if (error) {
		pr_err("osext_safex: this kernel has no %s (%d): not supported\n", name, error);
		return 0;
	}
	address = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
#ifdef CONFIG_X86_KERNEL_IBT
	if (is_endbr(*((u32 *)address - 1)))	/* the probe sits behind it */
		address -= 4;
#endif
	return address;
}

int safex_cpu_compat_init(void)
{
	unsigned long runtime = find("task_sched_runtime"), cancel = find("task_work_cancel_match");

	if (!runtime || !cancel)
		return -ENOENT;
	static_call_update(safex_cpu_runtime, (typeof(&no_time))runtime);
	static_call_update(safex_cpu_cancel, (typeof(&cancel_nothing))cancel);
	return 0;
}
