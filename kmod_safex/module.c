// SPDX-License-Identifier: GPL-2.0
/* Loading and unloading: check the machine, build up in order, take down in reverse. */
#include <linux/module.h>
#include <asm/cpufeature.h>
#include <asm/tsc.h>

#include "cpu/cpu.h"
#include "run.h"

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("osext SafeX: verified extensions in a bottom half, with guards, capabilities and budgets");

static int refuse(const char *why, int error)
{
	pr_err("osext_safex: not loading: %s\n", why);
	return error;
}

/* Every reason has an errno of its own, so that insmod's message tells them apart. */
static int check_machine(void)
{
	if (!IS_ENABLED(CONFIG_DEBUG_INFO_BTF_MODULES))
		return refuse("this kernel has no BTF for modules (CONFIG_DEBUG_INFO_BTF_MODULES), so programs cannot call one",
			      -EOPNOTSUPP);
#ifdef CONFIG_DEBUG_INFO_BTF_MODULES
	if (!THIS_MODULE->btf_data_size)
		return refuse("the module has been built without BTF, so programs cannot call it (machine/setup/btf.sh adds it)",
			      -ENOEXEC);
#endif
	if (!IS_ENABLED(CONFIG_BPF_JIT))
		return refuse("this kernel compiles no programs (CONFIG_BPF_JIT), so none can be aborted", -EPROTONOSUPPORT);
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return refuse("on a real-time kernel the locks that timers and aborts take may sleep", -ENOSYS);
	if (!tsc_khz)
		return refuse("no time stamp counter to hold reservations against", -ENXIO);
	return 0;
}

static int __init safex_init(void)
{
	int error = check_machine();

	if (error)
		return error;
	error = safex_protection_init();
	if (error)
		return error;
	error = safex_compat_init();
	if (error)
		return error;
	safex_run_init();
	safex_budget_init();
	safex_event_init();
	error = safex_extension_init();
	if (error)
		return error;
	error = safex_kfuncs_init();
	if (error) {
		refuse("the kernel does not take its functions for programs", error);
		goto fail_kfuncs;
	}
	error = safex_cpu_init();
	if (error)
		goto fail_kfuncs;
	error = safex_device_init();
	if (error)
		goto fail_device;
	return 0;

fail_device:
	safex_cpu_exit();
fail_kfuncs:
	safex_extension_exit();
	return error;
}

/* No file is open, so there are no extensions, classes or requests. */
static void __exit safex_exit(void)
{
	safex_device_exit();
	safex_cpu_exit();
	safex_extension_exit();
	safex_event_exit();
	safex_budget_exit();
}

module_init(safex_init);
module_exit(safex_exit);
