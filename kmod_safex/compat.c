// SPDX-License-Identifier: GPL-2.0
/* The kernel's internals that are not exported. */
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/static_call.h>

#include "kmod.h"

/* A kprobe finds what kallsyms does not tell modules. */
unsigned long safex_find(const char *name)
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

static bool no_access(struct task_struct *task, unsigned int mode)
{
	return false;
}

/* A direct call: the function's ENDBR may be sealed, so that an indirect one would fault. */
DEFINE_STATIC_CALL(safex_may_access, no_access);

bool safex_may_trace(struct task_struct *task)
{
	return static_call(safex_may_access)(task, PTRACE_MODE_ATTACH_REALCREDS);
}

int safex_compat_init(void)
{
	unsigned long may_access = safex_find("ptrace_may_access");

	if (!may_access)
		return -ENOENT;
	static_call_update(safex_may_access, (typeof(&no_access))may_access);
	return 0;
}
