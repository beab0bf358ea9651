// SPDX-License-Identifier: GPL-2.0
/*
 * The paper's way to deliver signals (2.3, figure 3): the kernel calls a handler.
 *
 * It lies 8 KiB below the executive, in every guest and at home, in one page of
 * the module's that nobody can change.  A signal that interrupts a guest has its
 * frame on a stack above the executive's slot, in pages of that guest's own which
 * only its mapping shows: no other process reaches them through the kernel.  One
 * that interrupts the executive has it on a stack in the executive's region.
 *
 * The kernel keeps the place of the alternate stack in the task, so whoever
 * goes between guest and executive changes it there: entry.S, engine.c.  The stack is
 * set with SS_AUTODISARM, so a guest's stack pointer makes no difference, and the
 * executive finds out that a signal came by asking for it: after one it is disarmed.
 * A guest can change neither that nor the thread's signal mask.
 *
 * What interrupts a guest and is no signal becomes one (session.c: hijack_notify).
 */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/signal.h>

#include "compat.h"
#include "hijack.h"

/* mmap() offsets that ask for these, and not for the region. */
#define HANDLER_OFFSET 0x20000000UL
#define ALTERNATE_OFFSET 0x30000000UL

#define HANDLER_ORDER get_order(OSEXT_HIJACK_HANDLER_BELOW)
#define ALTERNATE_ORDER get_order(OSEXT_HIJACK_SIGNAL_STACK_BYTES)
#define BREAKPOINT 0xcc

extern const char hijack_handler_code[], hijack_handler_code_end[];

static unsigned long handler_pages;

static int refuse_mprotect(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			   unsigned long flags)
{
	return -EPERM;
}

/* A refused move has a second mapping of the same pages for a moment. */
static void keep_alternate(struct vm_area_struct *vma)
{
	get_page(virt_to_page(vma->vm_private_data));
}

static void drop_alternate(struct vm_area_struct *vma)
{
	put_page(virt_to_page(vma->vm_private_data));
}

static const struct vm_operations_struct handler_ops = {
	.mremap = hijack_refuse_mremap,
	.may_split = hijack_refuse_split,
	.mprotect = refuse_mprotect,
};

/* Never split and never copied to a child. */
static const struct vm_operations_struct alternate_ops = {
	.open = keep_alternate,
	.close = drop_alternate,
	.mremap = hijack_refuse_mremap,
	.may_split = hijack_refuse_split,
	.mprotect = refuse_mprotect,
};

static int map_pages(struct vm_area_struct *vma, unsigned long pages)
{
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(virt_to_page((void *)pages)),
			       vma->vm_end - vma->vm_start, vma->vm_page_prot);
}

static int map_handler(struct vm_area_struct *vma)
{
	if (vma->vm_start != OSEXT_HIJACK_HANDLER || vma->vm_end != OSEXT_EXECUTIVE_BASE ||
	    (vma->vm_flags & (VM_WRITE | VM_SHARED)) != VM_SHARED)
		return -EINVAL;
	hijack_vma_flags(vma, VM_EXEC | VM_IO | VM_PFNMAP | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP, VM_MAYWRITE);
	vma->vm_ops = &handler_ops;
	return map_pages(vma, handler_pages);
}

static int map_alternate(struct vm_area_struct *vma)
{
	unsigned long pages;
	int error;

	if (vma->vm_start != OSEXT_HIJACK_ALTERNATE || !(vma->vm_flags & VM_SHARED) ||
	    vma->vm_end != OSEXT_HIJACK_ALTERNATE + OSEXT_HIJACK_SIGNAL_STACK_BYTES)
		return -EINVAL;
	pages = __get_free_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_COMP, ALTERNATE_ORDER);
	if (!pages)
		return -ENOMEM;
	/* Executable it would be for a guest with the personality READ_IMPLIES_EXEC. */
	/* VM_IO, VM_PFNMAP: closed to /proc/PID/mem, ptrace, process_vm_writev and asynchronous I/O; never dropped. */
	hijack_vma_flags(vma, VM_IO | VM_PFNMAP | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP, VM_EXEC | VM_MAYEXEC);
	error = map_pages(vma, pages);
	if (error) {
		free_pages(pages, ALTERNATE_ORDER);
		return error;
	}
	vma->vm_private_data = (void *)pages;
	vma->vm_ops = &alternate_ops;
	return 0;
}

/* For the module itself, which hijack_mmap() makes sure of.  -EINVAL: not one of ours. */
int hijack_delivery_mmap(struct vm_area_struct *vma)
{
	switch (vma->vm_pgoff) {
	case HANDLER_OFFSET >> PAGE_SHIFT:
		return map_handler(vma);
	case ALTERNATE_OFFSET >> PAGE_SHIFT:
		return map_alternate(vma);
	}
	return -EINVAL;
}

/* In the caller's memory: the handler, and for a guest its stack.  0, or what mmap says. */
int hijack_delivery_map(struct hijack_session *session, bool guest)
{
	int error = hijack_map_uncounted(session, OSEXT_HIJACK_HANDLER, OSEXT_HIJACK_HANDLER_BELOW, PROT_READ,
					 HANDLER_OFFSET);

	if (error || !guest)
		return error;
	return hijack_map_uncounted(session, OSEXT_HIJACK_ALTERNATE, OSEXT_HIJACK_SIGNAL_STACK_BYTES,
				    PROT_READ | PROT_WRITE, ALTERNATE_OFFSET);
}

/*
 * The calling thread, which attaches, wants its signals by handler.  May sleep.
 * -EINVAL: its stack is not in the region; -EOPNOTSUPP: not with flush=invlpg.
 */
int hijack_delivery_attach(struct hijack_session *session, u64 signal_stack)
{
	struct hijack_private *private = session->private;
	int error;

	if (!hijack_in_region(session, signal_stack, OSEXT_HIJACK_SIGNAL_STACK_BYTES))
		return -EINVAL;
	if (strcmp(hijack_flush, "cr3")) {
		pr_err("osext_hijack: signals come by handler with flush=cr3 only\n");
		return -EOPNOTSUPP;
	}
	WRITE_ONCE(session->mapper, current);
	error = hijack_delivery_map(session, false);
	WRITE_ONCE(session->mapper, NULL);
	if (error)
		return error;
	private->alternate_guest = OSEXT_HIJACK_ALTERNATE;
	private->alternate_executive = signal_stack;
	private->alternate_at = &current->sas_ss_sp;
	session->by_handler = true;
	return 0;
}

/*
 * The handler ran, and not in a guest: the executive was interrupted, and is to
 * look before it runs one.
 */
long hijack_delivery_notify(struct hijack_session *session)
{
	if (!session->by_handler)
		return -ENOSYS;
	WRITE_ONCE(session->noted, true);
	atomic_or(SLOW_NOTICE, &session->private->slow);
	return 0;
}

/* May sleep. */
int hijack_delivery_init(void)
{
	handler_pages = __get_free_pages(GFP_KERNEL, HANDLER_ORDER);
	if (!handler_pages)
		return -ENOMEM;
	memset((void *)handler_pages, BREAKPOINT, OSEXT_HIJACK_HANDLER_BELOW);
	memcpy((void *)handler_pages, hijack_handler_code, hijack_handler_code_end - hijack_handler_code);
	return 0;
}

/* Nobody maps it any more: every mapping is a user of the module. */
void hijack_delivery_exit(void)
{
	free_pages(handler_pages, HANDLER_ORDER);
}
