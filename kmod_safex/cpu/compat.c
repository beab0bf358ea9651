// SPDX-License-Identifier: GPL-2.0
/* The kernel's internals that the manager needs and that are not exported. */
#include <linux/static_call.h>

#include "../kmod.h"
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

int safex_cpu_compat_init(void)
{
	unsigned long runtime = safex_find("task_sched_runtime"), cancel = safex_find("task_work_cancel_match");

	if (!runtime || !cancel)
		return -ENOENT;
	static_call_update(safex_cpu_runtime, (typeof(&no_time))runtime);
	static_call_update(safex_cpu_cancel, (typeof(&cancel_nothing))cancel);
	return 0;
}
