// SPDX-License-Identifier: GPL-2.0
/*
 * Loading and unloading: check that this machine can be hijacked soundly, then
 * build up in order, so that a failure leaves nothing armed.
 */
#include <linux/build_bug.h>
#include <linux/cc_platform.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <asm/cpufeature.h>

#include "compat.h"
#include "hijack.h"

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("osext Hijack: system calls of a guest go to a user-level executive");

enum { ENGINE_AUTO, ENGINE_DIRECT, ENGINE_ENTRY };
static const char *const engines[] = { "auto", "direct", "entry" };
static int engine = ENGINE_AUTO;
bool hijack_by_entry;

static int set_engine(const char *word, const struct kernel_param *unused)
{
	int chosen = sysfs_match_string(engines, word);

	if (chosen < 0)
		return chosen;
	engine = chosen;
	return 0;
}

static int get_engine(char *buffer, const struct kernel_param *unused)
{
	return sysfs_emit(buffer, "%s\n", engines[engine]);
}

static const struct kernel_param_ops engine_ops = { .set = set_engine, .get = get_engine };
module_param_cb(engine, &engine_ops, NULL, 0444);
MODULE_PARM_DESC(engine, "what switches between guest and executive: direct (the stub), entry (the kernel's own entry), or auto (default: direct unless page-table isolation is on); reads as what was chosen");

bool hijack_leave_hooked;
module_param_named(test_leave_hooked, hijack_leave_hooked, bool, 0444);
MODULE_PARM_DESC(test_leave_hooked, "for tests only: leave the executive mapped while the guest runs");

bool hijack_moving_stale;
module_param_named(test_moving_stale, hijack_moving_stale, bool, 0444);
MODULE_PARM_DESC(test_moving_stale, "for tests only: flush nothing when the executive's thread leaves a CPU or comes to one");

char *hijack_flush = "cr3";
module_param_named(flush, hijack_flush, charp, 0444);
MODULE_PARM_DESC(flush, "how translations of the executive are dropped before its guest runs: cr3 (default) or invlpg");

uint hijack_flush_pages;
module_param_named(test_flush_pages, hijack_flush_pages, uint, 0444);
MODULE_PARM_DESC(test_flush_pages, "for tests and prices: flush=invlpg drops only that many pages of the executive (0: all)");

static bool has_pti(void)
{
	return boot_cpu_has(X86_FEATURE_PTI);
}

bool hijack_use_global;

static int set_global(const char *word, const struct kernel_param *parameter)
{
	bool on;

	if (kstrtobool(word, &on))
		return -EINVAL;
	/* The kernel then relies on no entry of user memory being global. */
	if (on && has_pti())
		return -EOPNOTSUPP;
	hijack_use_global = on;
	return 0;
}

static const struct kernel_param_ops global_ops = { .set = set_global, .get = param_get_bool };
module_param_cb(global, &global_ops, &hijack_use_global, 0644);
MODULE_PARM_DESC(global, "guests that join from now on have global pages, which a CR3 write leaves in the TLB");

bool hijack_global_stale;
module_param_named(test_global_stale, hijack_global_stale, bool, 0444);
MODULE_PARM_DESC(test_global_stale, "for tests only: never flush global pages");

static int get_global_flushes(char *buffer, const struct kernel_param *unused)
{
	return sysfs_emit(buffer, "%lu\n", hijack_global_flushes());
}

static const struct kernel_param_ops global_flushes_ops = { .get = get_global_flushes };
module_param_cb(global_flushes, &global_flushes_ops, NULL, 0444);
MODULE_PARM_DESC(global_flushes, "how often global pages were flushed");

bool hijack_mark_timers;
module_param_named(mark_timers, hijack_mark_timers, bool, 0444);
MODULE_PARM_DESC(mark_timers, "for measuring: mark where timers of the executive expire while a guest runs");

static int refuse(const char *why, int error)
{
	pr_err("osext_hijack: not loading: %s\n", why);
	return error;
}

/* Every reason has an errno of its own, so that insmod's message tells them apart. */
static int check_machine(void)
{
	if (cpu_feature_enabled(X86_FEATURE_XENPV))
		return refuse("Xen PV delivers system calls itself", -ENODEV);
	if (has_pti() && engine == ENGINE_DIRECT)
		return refuse("page-table isolation is on, so the stub would not be mapped at entry (engine=entry)",
			      -EOPNOTSUPP);
	if (hijack_has_fred())
		return refuse("FRED is on, so system calls do not enter by LSTAR (boot with fred=off)", -EPROTONOSUPPORT);
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return refuse("on a real-time kernel the locks that faults and switches take may sleep", -ENOSYS);
	if (cc_platform_has(CC_ATTR_GUEST_STATE_ENCRYPT))
		return refuse("an encrypted guest (SEV-ES or SNP) takes exceptions inside the stub", -EACCES);
	if (!boot_cpu_has(X86_FEATURE_FSGSBASE) || !boot_cpu_has(X86_FEATURE_XSAVE))
		return refuse("the processor lacks FSGSBASE or XSAVE", -ENXIO);
	if (hijack_context_check())
		return refuse("the processor has more vector state than guests can carry", -E2BIG);
	return 0;
}

static void check_layout(void)
{
	BUILD_BUG_ON(offsetof(struct hijack_private, state) != PRIVATE_STATE);
	BUILD_BUG_ON(offsetof(struct hijack_private, slow) != PRIVATE_SLOW);
	BUILD_BUG_ON(offsetof(struct hijack_private, slot) != PRIVATE_SLOT);
	BUILD_BUG_ON(offsetof(struct hijack_private, slot_value) != PRIVATE_SLOT_VALUE);
	BUILD_BUG_ON(offsetof(struct hijack_private, entry) != PRIVATE_ENTRY);
	BUILD_BUG_ON(offsetof(struct hijack_private, stack) != PRIVATE_STACK);
	BUILD_BUG_ON(offsetof(struct hijack_private, limit) != PRIVATE_LIMIT);
	BUILD_BUG_ON(offsetof(struct hijack_private, ax) != PRIVATE_AX);
	BUILD_BUG_ON(offsetof(struct hijack_private, operation) != PRIVATE_OPERATION);
	BUILD_BUG_ON(offsetof(struct hijack_private, fast_traps) != PRIVATE_FAST_TRAPS);
	BUILD_BUG_ON(offsetof(struct hijack_private, fast_resumes) != PRIVATE_FAST_RESUMES);
	BUILD_BUG_ON(offsetof(struct hijack_private, dx) != PRIVATE_DX);
	BUILD_BUG_ON(offsetof(struct hijack_private, flush_end) != PRIVATE_FLUSH_END);
	BUILD_BUG_ON(offsetof(struct hijack_private, upcall) != PRIVATE_UPCALL);
	BUILD_BUG_ON(offsetof(struct hijack_private, fast_faults) != PRIVATE_FAST_FAULTS);
	BUILD_BUG_ON(offsetof(struct hijack_private, alternate_at) != PRIVATE_ALTERNATE_AT);
	BUILD_BUG_ON(offsetof(struct hijack_private, alternate_guest) != PRIVATE_ALTERNATE_GUEST);
	BUILD_BUG_ON(offsetof(struct hijack_private, alternate_executive) != PRIVATE_ALTERNATE_EXECUTIVE);
	BUILD_BUG_ON(OSEXT_HIJACK_SIGNAL_EVENT != SIGIO);
	BUILD_BUG_ON(OSEXT_EXECUTIVE_BASE >> EXECUTIVE_SHIFT != EXECUTIVE_PLACE);
	BUILD_BUG_ON(OSEXT_EXECUTIVE_SIZE != 1ULL << EXECUTIVE_SHIFT || EXECUTIVE_SHIFT != P4D_SHIFT);
	BUILD_BUG_ON(TOUCH_SIGNAL != SIGSEGV || TOUCH_CODE != SEGV_ACCERR);
	BUILD_BUG_ON((u32)OSEXT_EXECUTIVE_BASE || OSEXT_HIJACK_REGION_MAX_BYTES > U32_MAX);	/* where its loop ends */
	BUILD_BUG_ON(PRIVATE_SHARED != PAGE_SIZE);
	BUILD_BUG_ON(OSEXT_HIJACK_OP_RESUME != OSEXT_HIJACK_OP_FIRST);	/* the stub relies on it */
	BUILD_BUG_ON(CARRIER_SYSCALL != __NR_vhangup);
}

static int __init hijack_init(void)
{
	int error;

	check_layout();
	if (strcmp(hijack_flush, "cr3") && strcmp(hijack_flush, "invlpg"))
		return refuse("flush= must be cr3 or invlpg", -EINVAL);
	if (hijack_flush_pages > REGION_PAGES_MAX)
		return refuse("test_flush_pages= is more than an executive can have", -EINVAL);
	error = check_machine();
	if (error)
		return error;
	if (engine == ENGINE_AUTO)
		engine = has_pti() ? ENGINE_ENTRY : ENGINE_DIRECT;
	hijack_by_entry = engine == ENGINE_ENTRY;
	if (hijack_by_entry && strcmp(hijack_flush, "cr3"))
		return refuse("flush=invlpg is for engine=direct", -EINVAL);
	error = hijack_compat_init();
	if (error)
		return error;
	error = hijack_delivery_init();
	if (error)
		return error;
	error = hijack_mark_init();
	if (error)
		goto fail_mark;
	error = hijack_session_init();
	if (error)
		goto fail_session;
	error = hijack_divert_init();
	if (error)
		goto fail_divert;
	hijack_engine_init();
	/*
	 * The first grace period of MMU notifiers after the machine's boot takes several clock ticks, the
	 * next ones are expedited: so it is now, and not in the first execve or exit of a guest.
	 */
	mmu_notifier_synchronize();
	preempt_notifier_inc();
	error = hijack_by_entry ? 0 : hijack_arm_init();
	if (error)
		goto fail_arm;
	error = hijack_device_init();
	if (error)
		goto fail_device;
	return 0;

fail_device:
	if (!hijack_by_entry)
		hijack_arm_exit();
fail_arm:
	preempt_notifier_dec();
	hijack_divert_exit();
fail_divert:
	hijack_session_exit();
fail_session:
	hijack_mark_exit();
fail_mark:
	hijack_delivery_exit();
	return error;
}

static void __exit hijack_exit(void)
{
	hijack_device_exit();
	if (!hijack_by_entry)
		hijack_arm_exit();
	preempt_notifier_dec();
	hijack_divert_exit();
	hijack_session_exit();
	hijack_mark_exit();
	hijack_delivery_exit();
}

module_init(hijack_init);
module_exit(hijack_exit);
