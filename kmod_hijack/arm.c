// SPDX-License-Identifier: GPL-2.0
/*
 * Pointing every CPU's system-call entries at the stubs, and back (engine direct).
 *
 * The CPU-hotplug machinery does it: its callbacks run once on every CPU at
 * load, on every CPU that comes up later, and on every CPU at unload.  A CPU
 * whose entries are not the kernel's own makes the load fail, and the CPUs
 * armed so far are restored.
 *
 * Two things would rewrite the entries behind our back, so they exclude each
 * other with this module: KVM (caches the host's LSTAR and IDT) and suspend.
 */
#include <linux/cpuhotplug.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/static_call.h>
#include <linux/suspend.h>
#include <linux/vmalloc.h>
#include <asm/desc.h>
#include <asm/msr.h>

#include "compat.h"
#include "hijack.h"

void hijack_syscall(void);
void hijack_syscall32(void);
void hijack_int80(void);
void hijack_page_fault(void);

#define VECTOR_FAULT 13
#define VECTOR_PAGE_FAULT 14
#define VECTOR_INT80 0x80

static void nowhere(void)
{
}

/* Where the stubs go on to; assembly jumps to the trampolines. */
DEFINE_STATIC_CALL(hijack_native_syscall, nowhere);
DEFINE_STATIC_CALL(hijack_native_syscall32, nowhere);
DEFINE_STATIC_CALL(hijack_native_int80, nowhere);
DEFINE_STATIC_CALL(hijack_native_fault, nowhere);
DEFINE_STATIC_CALL(hijack_native_page_fault, nowhere);

static unsigned long native_lstar, native_cstar;
static struct desc_ptr native_idt, our_idt;
static struct page *idt_page;
static int hotplug_state;

static void read_entries(unsigned long *lstar, unsigned long *cstar, struct desc_ptr *idt)
{
	rdmsrl(MSR_LSTAR, *lstar);
	rdmsrl(MSR_CSTAR, *cstar);
	store_idt(idt);
}

/* Context: on that CPU, in its hotplug thread. */
static int arm_cpu(unsigned int cpu)
{
	unsigned long lstar, cstar, flags;
	struct desc_ptr idt;

	local_irq_save(flags);
	read_entries(&lstar, &cstar, &idt);
	if (lstar != native_lstar || cstar != native_cstar ||
	    idt.address != native_idt.address || idt.size != native_idt.size) {
		local_irq_restore(flags);
		pr_err("osext_hijack: CPU %u has other system-call entries than the kernel's\n", cpu);
		return -EBUSY;
	}
	wrmsrl(MSR_LSTAR, (unsigned long)hijack_syscall);
	if (native_cstar)
		wrmsrl(MSR_CSTAR, (unsigned long)hijack_syscall32);
	if (our_idt.address)
		native_load_idt(&our_idt);
	local_irq_restore(flags);
	return 0;
}

static int disarm_cpu(unsigned int cpu)
{
	unsigned long flags;

	local_irq_save(flags);
	wrmsrl(MSR_LSTAR, native_lstar);
	if (native_cstar)
		wrmsrl(MSR_CSTAR, native_cstar);
	if (our_idt.address)
		native_load_idt(&native_idt);
	local_irq_restore(flags);
	return 0;
}

static void point_gate(gate_desc *gate, void (*stub)(void))
{
	unsigned long address = (unsigned long)stub;

	gate->offset_low = (u16)address;
	gate->offset_middle = (u16)(address >> 16);
	gate->offset_high = (u32)(address >> 32);
}

/*
 * A copy of the IDT, mapped read-only, whose gates for page faults and, if user
 * mode may use it, int $0x80 lead to our stubs.
 */
static int copy_idt(void)
{
	gate_desc *gates;

	if (native_idt.size != PAGE_SIZE - 1)
		return -ENXIO;
	gates = (gate_desc *)native_idt.address;
	if (!gates[VECTOR_PAGE_FAULT].bits.p || gates[VECTOR_PAGE_FAULT].bits.ist)
		return -ENXIO;	/* the stub expects the ordinary stack */
	static_call_update(hijack_native_int80, (void (*)(void))gate_offset(&gates[VECTOR_INT80]));
	static_call_update(hijack_native_fault, (void (*)(void))gate_offset(&gates[VECTOR_FAULT]));
	static_call_update(hijack_native_page_fault, (void (*)(void))gate_offset(&gates[VECTOR_PAGE_FAULT]));

	idt_page = alloc_page(GFP_KERNEL);
	if (!idt_page)
		return -ENOMEM;
	memcpy(page_address(idt_page), gates, PAGE_SIZE);
	gates = page_address(idt_page);
	if (gates[VECTOR_INT80].bits.p && gates[VECTOR_INT80].bits.dpl == 3)
		point_gate(&gates[VECTOR_INT80], hijack_int80);
	point_gate(&gates[VECTOR_PAGE_FAULT], hijack_page_fault);
	our_idt.size = native_idt.size;
	our_idt.address = (unsigned long)vmap(&idt_page, 1, VM_MAP, PAGE_KERNEL_RO);
	return our_idt.address ? 0 : -ENOMEM;
}

static void free_idt(void)
{
	if (our_idt.address)
		vunmap((void *)our_idt.address);
	if (idt_page)
		__free_page(idt_page);
}

static int on_module(struct notifier_block *block, unsigned long event, void *data)
{
	struct module *module = data;

	if (event != MODULE_STATE_COMING || strcmp(module->name, "kvm"))
		return NOTIFY_DONE;
	pr_err("osext_hijack: refusing KVM, which would restore system-call entries behind our back; unload osext_hijack first\n");
	return notifier_from_errno(-EBUSY);
}

static int on_sleep(struct notifier_block *block, unsigned long event, void *data)
{
	if (event != PM_SUSPEND_PREPARE && event != PM_HIBERNATION_PREPARE)
		return NOTIFY_DONE;
	pr_err("osext_hijack: refusing to sleep, which would lose the system-call entries; unload osext_hijack first\n");
	return notifier_from_errno(-EBUSY);
}

static struct notifier_block module_notifier = { .notifier_call = on_module };
static struct notifier_block sleep_notifier = { .notifier_call = on_sleep };

static void remove_notifiers(void)
{
	unregister_pm_notifier(&sleep_notifier);
	unregister_module_notifier(&module_notifier);
}

static int add_notifiers(void)
{
	int error = register_module_notifier(&module_notifier);

	if (error)
		return error;
	error = register_pm_notifier(&sleep_notifier);
	if (error)
		unregister_module_notifier(&module_notifier);
	return error;
}

/* May sleep.  -ETXTBSY: KVM is loaded; -EBUSY: somebody else changed the entries. */
int hijack_arm_init(void)
{
	int error;

	error = add_notifiers();
	if (error)
		return error;
	error = -ETXTBSY;
	if (hijack_lookup("kvm_io_bus_write")) {
		pr_err("osext_hijack: KVM is loaded and would restore system-call entries behind our back; unload it first\n");
		goto fail;
	}
	read_entries(&native_lstar, &native_cstar, &native_idt);
	error = -EBUSY;
	if (native_lstar != hijack_kernel.entry_syscall_64) {
		pr_err("osext_hijack: LSTAR is not entry_SYSCALL_64: something else intercepts system calls\n");
		goto fail;
	}
	static_call_update(hijack_native_syscall, (void (*)(void))native_lstar);
	if (native_cstar)
		static_call_update(hijack_native_syscall32, (void (*)(void))native_cstar);
	error = copy_idt();
	if (error)
		goto fail_idt;
	error = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "osext/hijack:online", arm_cpu, disarm_cpu);
	if (error < 0)
		goto fail_idt;
	hotplug_state = error;
	return 0;

fail_idt:
	free_idt();
fail:
	remove_notifiers();
	return error;
}

void hijack_arm_exit(void)
{
	cpuhp_remove_state(hotplug_state);
	free_idt();
	remove_notifiers();
}
