// SPDX-License-Identifier: GPL-2.0
/*
 * What only ring 0 can do, for the test of the counting plugin's TLB model:
 * CR3 writes, CR4.PGE toggles, INVLPG, and accesses to global pages.  A test
 * module: it changes no state that outlives the call.
 */
#include <linux/fs.h>
#include <linux/irqflags.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#include <asm/processor-flags.h>

#include <osext/marker.h>

#include "truths.h"

static unsigned char *pages;

/* Context: interrupts off, so that no switch comes between read and write. */
static void write_cr3_again(void)
{
	unsigned long cr3;

	asm volatile("mov %%cr3, %0\n\tmov %0, %%cr3" : "=r"(cr3) : : "memory");
}

static void toggle_pge(void)
{
	unsigned long cr4;

	asm volatile("mov %%cr4, %0" : "=r"(cr4));
	asm volatile("mov %0, %%cr4" : : "r"(cr4 & ~X86_CR4_PGE) : "memory");
	asm volatile("mov %0, %%cr4" : : "r"(cr4) : "memory");
}

static void touch_pages(void)
{
	unsigned long i;

	for (i = 0; i < TRUTHS_PAGES; i++)
		asm volatile("movb (%0), %%al" : : "r"(pages + (i << PAGE_SHIFT)) : "al");
}

/* Context: interrupts off. */
static long perform(unsigned int action, unsigned long address)
{
	switch (action) {
	case TRUTHS_NOTHING:
		return 0;
	case TRUTHS_WRITE_CR3:
		write_cr3_again();
		return 0;
	case TRUTHS_TOGGLE_PGE:
		toggle_pge();
		return 0;
	case TRUTHS_INVLPG:
		asm volatile("invlpg (%0)" : : "r"(address) : "memory");
		return 0;
	}
	return -ENOTTY;
}

static long global_pages(unsigned int action)
{
	long result;

	if (action == TRUTHS_INVLPG)
		return -EINVAL;
	touch_pages();
	result = perform(action, 0);
	if (result)
		return result;
	OSEXT_MARK(OSEXT_MARK_BEGIN);
	touch_pages();
	OSEXT_MARK(OSEXT_MARK_END);
	return 0;
}

/* Context: process; does not sleep. */
static long truths_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	unsigned long flags;
	long result;

	local_irq_save(flags);
	if (command == TRUTHS_GLOBAL_PAGES)
		result = global_pages(argument);
	else
		result = perform(command, argument);
	local_irq_restore(flags);
	return result;
}

static const struct file_operations truths_operations = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = truths_ioctl,
};

static struct miscdevice truths_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "osext_truths",
	.fops = &truths_operations,
	.mode = 0600,
};

static int __init truths_init(void)
{
	int error;

	/* vmalloc() maps 4 KB pages, and kernel pages are global. */
	pages = vmalloc(TRUTHS_PAGES * PAGE_SIZE);
	if (!pages)
		return -ENOMEM;
	memset(pages, 1, TRUTHS_PAGES * PAGE_SIZE);
	error = misc_register(&truths_device);
	if (error)
		vfree(pages);
	return error;
}

static void __exit truths_exit(void)
{
	misc_deregister(&truths_device);
	vfree(pages);
}

module_init(truths_init);
module_exit(truths_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Ring 0's share in the test of the counting plugin");
