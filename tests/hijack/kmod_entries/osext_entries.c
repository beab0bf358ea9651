// SPDX-License-Identifier: GPL-2.0
/*
 * For tests: reading /sys/module/osext_entries/parameters/entries shows every
 * CPU's system-call entries: LSTAR, CSTAR, SYSENTER_EIP and the IDT's base.
 */
#include <linux/cpu.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <asm/desc.h>
#include <asm/msr.h>

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("osext tests: show the processors' system-call entries");

struct entries {
	u64 lstar, cstar, sysenter;
	struct desc_ptr idt;
};

static void read_entries(void *data)
{
	struct entries *entries = data;

	rdmsrl(MSR_LSTAR, entries->lstar);
	rdmsrl(MSR_CSTAR, entries->cstar);
	rdmsrl(MSR_IA32_SYSENTER_EIP, entries->sysenter);
	store_idt(&entries->idt);
}

static int show(char *buffer, const struct kernel_param *parameter)
{
	struct entries entries;
	int cpu, length = 0;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, read_entries, &entries, 1);
		length += scnprintf(buffer + length, PAGE_SIZE - length, "%d %llx %llx %llx %lx\n", cpu, entries.lstar,
				    entries.cstar, entries.sysenter, entries.idt.address);
	}
	cpus_read_unlock();
	return length;
}

static const struct kernel_param_ops entries_ops = { .get = show };
module_param_cb(entries, &entries_ops, NULL, 0400);

static int __init entries_init(void)
{
	return 0;
}

static void __exit entries_exit(void)
{
}

module_init(entries_init);
module_exit(entries_exit);
