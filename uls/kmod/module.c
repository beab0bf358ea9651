// SPDX-License-Identifier: GPL-2.0
/* Loading and unloading: check the machine, build up in order, take down in reverse. */
#include <linux/module.h>
#include <asm/cpufeature.h>
#include <asm/tsc.h>

#include "compat.h"
#include "uls.h"

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("osext ULS: user-level sandbox, opened by upcalls in whatever process runs");

static char *mode = "present";
module_param(mode, charp, 0444);
MODULE_PARM_DESC(mode, "how the sandbox is closed: present (default, nothing is mapped) or us (user bit only, as on the slides; unsafe)");

static bool test_stale;
module_param(test_stale, bool, 0444);
MODULE_PARM_DESC(test_stale, "for tests only: closing drops no translation, and the end of an extension leaves its threads what they have open");

DEFINE_STATIC_KEY_FALSE(uls_mode_us);
DEFINE_STATIC_KEY_FALSE(uls_stale);

static int refuse(const char *why, int error)
{
	pr_err("osext_uls: not loading: %s\n", why);
	return error;
}

/* Every reason has an errno of its own, so that insmod's message tells them apart. */
static int check_machine(void)
{
	if (cpu_feature_enabled(X86_FEATURE_XENPV))
		return refuse("Xen PV owns the page tables", -ENODEV);
	if (boot_cpu_has(X86_FEATURE_PTI))
		return refuse("page-table isolation is on, so INVLPG would not reach what user mode remembers (boot with nopti)",
			      -EOPNOTSUPP);
	if (uls_has_fred())
		return refuse("FRED is on, whose frames are not the ones that upcalls rewrite (boot with fred=off)",
			      -EPROTONOSUPPORT);
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return refuse("on a real-time kernel the locks that an upcall takes may sleep", -ENOSYS);
	if (!tsc_khz)
		return refuse("no time stamp counter to hold budgets against", -ENXIO);
	return 0;
}

static int __init uls_init(void)
{
	int error;

	if (strcmp(mode, "present") && strcmp(mode, "us"))
		return refuse("mode= must be present or us", -EINVAL);
	if (!strcmp(mode, "us"))
		static_branch_enable(&uls_mode_us);
	if (test_stale)
		static_branch_enable(&uls_stale);
	error = check_machine();
	if (error)
		return error;
	error = uls_compat_init();
	if (error)
		return error;
	error = uls_sandbox_init();
	if (error)
		return error;
	uls_find_shortest_budget();
	uls_upcall_init();
	error = uls_budget_follow_cpus();
	if (error)
		goto fail_cpus;
	error = uls_fault_init();
	if (error)
		goto fail_fault;
	error = uls_host_init();
	if (error)
		goto fail_host;
	preempt_notifier_inc();
	error = uls_device_init();
	if (error)
		goto fail_device;
	error = uls_inject_init();
	if (error)
		goto fail_inject;
	return 0;

fail_inject:
	uls_device_exit();
fail_device:
	preempt_notifier_dec();
	uls_host_exit();
fail_host:
	uls_fault_exit();
fail_fault:
	uls_budget_leave_cpus();
fail_cpus:
	uls_upcall_exit();
	uls_sandbox_exit();
	return error;
}

/* No file is open, and no process joined but those that were injected. */
static void __exit uls_exit(void)
{
	uls_device_exit();
	uls_inject_exit();
	uls_eject_all();
	preempt_notifier_dec();
	uls_host_exit();
	uls_fault_exit();	/* waits for tasks that are on their way out of the module, too */
	uls_budget_leave_cpus();
	uls_upcall_exit();
	uls_sandbox_exit();
}

module_init(uls_init);
module_exit(uls_exit);
