// SPDX-License-Identifier: GPL-2.0
/*
 * The executive's region, and its place in others' memory: what may be mapped,
 * where, by whom, and that it cannot be changed afterwards.
 */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "hijack.h"

/* mmap() offset that asks for a guest's reservation instead of the region. */
#define RESERVE_OFFSET 0x10000000UL

/* What nobody may do with a mapping of the module's.  Context: mmap lock held. */
int hijack_refuse_mremap(struct vm_area_struct *vma)
{
	return -EINVAL;
}

int hijack_refuse_split(struct vm_area_struct *vma, unsigned long address)
{
	return -EINVAL;
}

static vm_fault_t refuse_fault(struct vm_fault *fault)
{
	return VM_FAULT_SIGSEGV;
}

static const struct vm_operations_struct region_ops = {
	.mremap = hijack_refuse_mremap,
	.fault = refuse_fault,
};

/* The reservation has no access rights and never will, so it never has page tables. */
static const struct vm_operations_struct reservation_ops = {
	.mremap = hijack_refuse_mremap,
	.may_split = hijack_refuse_split,
	.fault = refuse_fault,
};

/* Does the region of this session begin where it must?  May sleep. */
bool hijack_maps_region(struct hijack_session *session, struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	bool found;

	mmap_read_lock(mm);
	vma = find_vma(mm, OSEXT_EXECUTIVE_BASE);
	found = vma && vma->vm_start == OSEXT_EXECUTIVE_BASE && vma->vm_ops == &region_ops &&
		vma->vm_file->private_data == session;
	mmap_read_unlock(mm);
	return found;
}

/*
 * Is the region all there is in the executive's slot at home, and the thread
 * alone there?  Guests see the whole slot, and nobody flushes a guest's
 * translations when memory at home changes.  May sleep.
 */
bool hijack_owns_slot(struct hijack_session *session)
{
	struct mm_struct *mm = session->home;
	struct vm_area_struct *vma;
	bool own = true;
	int tries;
	VMA_ITERATOR(vmi, mm, OSEXT_EXECUTIVE_BASE);

	mmap_read_lock(mm);
	for_each_vma_range(vmi, vma, OSEXT_EXECUTIVE_BASE + OSEXT_EXECUTIVE_SIZE)
		if (vma->vm_ops != &region_ops || vma->vm_file->private_data != session)
			own = false;
	mmap_read_unlock(mm);
	/* References: the thread's and the session's; readers in /proc hold one for a moment. */
	for (tries = 0; own && atomic_read(&mm->mm_users) != 2; tries++) {
		if (tries == 100)
			return false;
		msleep(1);
	}
	return own;
}

/* Is all of this in the region? */
bool hijack_in_region(struct hijack_session *session, u64 address, u64 bytes)
{
	u64 size = session->page_count * PAGE_SIZE, offset = address - OSEXT_EXECUTIVE_BASE;

	return address >= OSEXT_EXECUTIVE_BASE && bytes <= size && offset <= size - bytes;
}

/* Nobody maps it any more.  May sleep. */
void hijack_free_region(struct hijack_session *session)
{
	unsigned long i;

	if (session->private)
		vunmap(session->private);
	if (session->private_page)
		__free_page(session->private_page);
	for (i = 0; session->pages && i < session->page_count; i++)
		if (session->pages[i])
			__free_page(session->pages[i]);
	kvfree(session->pages);
	session->private = NULL;
	session->private_page = NULL;
	session->pages = NULL;
	session->page_count = 0;
}

static int allocate_region(struct hijack_session *session, unsigned long count)
{
	struct page *pair[2];
	unsigned long i;

	session->pages = kvcalloc(count, sizeof(*session->pages), GFP_KERNEL);
	if (!session->pages)
		return -ENOMEM;
	session->page_count = count;
	for (i = 0; i < count; i++) {
		session->pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!session->pages[i])
			return -ENOMEM;
	}
	session->private_page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!session->private_page)
		return -ENOMEM;
	pair[0] = session->private_page;
	pair[1] = session->pages[0];
	session->private = vmap(pair, 2, VM_MAP, PAGE_KERNEL);
	if (!session->private)
		return -ENOMEM;
	session->shared = (void *)session->private + PAGE_SIZE;
	return 0;
}

static int map_region(struct hijack_session *session, struct vm_area_struct *vma)
{
	unsigned long bytes = vma->vm_end - vma->vm_start;
	int error;

	if (vma->vm_start != OSEXT_EXECUTIVE_BASE || bytes > OSEXT_HIJACK_REGION_MAX_BYTES || bytes < 2 * PAGE_SIZE ||
	    !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	/* Others take the two locks the other way round. */
	if (!mutex_trylock(&session->lock))
		return -EBUSY;
	error = session->pages ? -EBUSY : allocate_region(session, bytes >> PAGE_SHIFT);
	if (!error) {
		vma->vm_ops = &region_ops;
		/* VM_IO: closed to /proc/PID/mem, ptrace and process_vm_writev. */
		hijack_vma_flags(vma, VM_IO | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP | VM_MAYEXEC, 0);
		error = vm_map_pages(vma, session->pages, session->page_count);
		if (error)
			hijack_free_region(session);
	} else if (error == -ENOMEM) {
		hijack_free_region(session);
	}
	mutex_unlock(&session->lock);
	return error;
}

static int map_reservation(struct vm_area_struct *vma)
{
	if (vma->vm_start != OSEXT_EXECUTIVE_BASE || vma->vm_end != OSEXT_EXECUTIVE_BASE + OSEXT_EXECUTIVE_SIZE)
		return -EINVAL;
	if (vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC))
		return -EINVAL;
	hijack_vma_flags(vma, VM_IO | VM_PFNMAP | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP,
			 VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC);
	vma->vm_ops = &reservation_ops;
	return 0;
}

/*
 * Reserves the executive's place in the caller's memory, so that nothing else
 * comes to lie there.  0, or what mmap says: -EEXIST if something does already.
 * Context: the task that session->mapper or its guest's `mapping` names; may sleep.
 */
int hijack_reserve(struct hijack_session *session)
{
	int error = hijack_map_uncounted(session, OSEXT_EXECUTIVE_BASE, OSEXT_EXECUTIVE_SIZE, PROT_NONE, RESERVE_OFFSET);

	return error || !session->by_handler ? error : hijack_delivery_map(session, true);
}

/* How much that is. */
unsigned long hijack_reserved_pages(const struct hijack_session *session)
{
	u64 bytes = OSEXT_EXECUTIVE_SIZE;

	if (session->by_handler)
		bytes += OSEXT_HIJACK_HANDLER_BELOW + OSEXT_HIJACK_SIGNAL_STACK_BYTES;
	return bytes >> PAGE_SHIFT;
}

/* The opposite; the caller is none of our guests any more.  May sleep. */
void hijack_unreserve(struct hijack_session *session)
{
	if (session->by_handler) {
		vm_munmap(OSEXT_HIJACK_HANDLER, OSEXT_HIJACK_HANDLER_BELOW);
		vm_munmap(OSEXT_HIJACK_ALTERNATE, OSEXT_HIJACK_SIGNAL_STACK_BYTES);
	}
	vm_munmap(OSEXT_EXECUTIVE_BASE, OSEXT_EXECUTIVE_SIZE);
}

/* Is any of this what hijack_reserve() mapped? */
bool hijack_in_reserved(const struct hijack_session *session, unsigned long start, unsigned long end)
{
	unsigned long first = OSEXT_EXECUTIVE_BASE, last = OSEXT_EXECUTIVE_BASE + OSEXT_EXECUTIVE_SIZE;

	if (session->by_handler) {
		first = OSEXT_HIJACK_HANDLER;
		last = OSEXT_HIJACK_ALTERNATE + OSEXT_HIJACK_SIGNAL_STACK_BYTES;
	}
	return start < last && end > first;
}

/*
 * Is it the module that maps here, for this task?  What it maps later counts as
 * its own, so nobody else may map the like.
 */
static bool is_mapping(const struct hijack_session *session)
{
	const struct hijack_guest *guest = hijack_guest_of(current);

	return READ_ONCE(session->mapper) == current || (guest && guest->session == session && guest->mapping);
}

/* mmap() of the device: the region for the executive; the rest for the module itself.  May sleep. */
int hijack_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff == 0)
		return map_region(file->private_data, vma);
	if (!is_mapping(file->private_data))
		return -EPERM;
	if (vma->vm_pgoff == RESERVE_OFFSET >> PAGE_SHIFT)
		return map_reservation(vma);
	return hijack_delivery_mmap(vma);
}

/*
 * What an executive has in its region, also after its end: the pages live as long
 * as the session.  Context: the session's lock is held; may sleep.
 * -EINVAL: not in the region; -EFAULT: `to`.
 */
long hijack_read_region(struct hijack_session *session, const struct osext_hijack_read *arguments)
{
	u64 offset = arguments->address - OSEXT_EXECUTIVE_BASE, done = 0;

	if (arguments->reserved || !session->pages ||
	    !hijack_in_region(session, arguments->address, arguments->bytes))
		return -EINVAL;
	while (done < arguments->bytes) {
		u64 at = (offset + done) % PAGE_SIZE, bytes = min_t(u64, arguments->bytes - done, PAGE_SIZE - at);
		void *page = page_address(session->pages[(offset + done) / PAGE_SIZE]);

		if (copy_to_user((void __user *)(arguments->to + done), page + at, bytes))
			return -EFAULT;
		done += bytes;
	}
	return 0;
}
