// SPDX-License-Identifier: GPL-2.0
/*
 * The device: one open file is one session.  ioctl() sets things up, mmap()
 * gives the executive its region and a guest its reservation.
 */
#include <linux/capability.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/irq_work.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "hijack.h"

/* mmap() offset that asks for a guest's reservation instead of the region. */
#define RESERVE_OFFSET 0x10000000UL

static int refuse_mremap(struct vm_area_struct *vma)
{
	return -EINVAL;
}

static int refuse_split(struct vm_area_struct *vma, unsigned long address)
{
	return -EINVAL;
}

static vm_fault_t refuse_fault(struct vm_fault *fault)
{
	return VM_FAULT_SIGSEGV;
}

static const struct vm_operations_struct region_ops = {
	.mremap = refuse_mremap,
	.fault = refuse_fault,
};

/* The reservation has no access rights and never will, so it never has page tables. */
static const struct vm_operations_struct reservation_ops = {
	.mremap = refuse_mremap,
	.may_split = refuse_split,
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

static void free_region(struct hijack_session *session)
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
			free_region(session);
	} else if (error == -ENOMEM) {
		free_region(session);
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
	unsigned long address;

	address = vm_mmap(session->file, OSEXT_EXECUTIVE_BASE, OSEXT_EXECUTIVE_SIZE, PROT_NONE,
			  MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_NORESERVE, RESERVE_OFFSET);
	if (IS_ERR_VALUE(address))
		return (int)(long)address;
	return session->by_handler ? hijack_delivery_map(session, true) : 0;
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

static int device_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff == 0)
		return map_region(file->private_data, vma);
	if (!is_mapping(file->private_data))
		return -EPERM;
	if (vma->vm_pgoff == RESERVE_OFFSET >> PAGE_SHIFT)
		return map_reservation(vma);
	return hijack_delivery_mmap(vma);
}

static long wait_idle(struct hijack_session *session, const struct osext_hijack_wait *arguments)
{
	long left;

	if (current == session->thread)
		return -EBUSY;
	left = wait_event_interruptible_timeout(session->wait, READ_ONCE(session->ready) || READ_ONCE(session->dead),
						msecs_to_jiffies(min(arguments->timeout_ms, 60000U)));
	if (left < 0)
		return -EINTR;
	if (READ_ONCE(session->dead))
		return -ESRCH;
	return READ_ONCE(session->ready) ? 0 : -ETIMEDOUT;
}

/* The pages live as long as the session, whoever maps them. */
static long read_region(struct hijack_session *session, const struct osext_hijack_read *arguments)
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

static long get_statistics(struct hijack_session *session, void __user *to)
{
	struct osext_hijack_statistics statistics;

	if (mutex_lock_killable(&session->lock))
		return -EINTR;
	statistics = session->statistics;
	statistics.engine = hijack_by_entry ? OSEXT_HIJACK_ENGINE_ENTRY : OSEXT_HIJACK_ENGINE_DIRECT;
	if (session->private) {
		statistics.fast_traps = session->private->fast_traps;
		statistics.fast_resumes = session->private->fast_resumes;
		statistics.fast_faults = session->private->fast_faults;
	}
	mutex_unlock(&session->lock);
	return copy_to_user(to, &statistics, sizeof(statistics)) ? -EFAULT : 0;
}

static long device_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct hijack_session *session = file->private_data;
	void __user *from = (void __user *)argument;
	struct osext_hijack_attach attach;
	struct osext_hijack_wait wait;
	struct osext_hijack_join join;
	struct osext_hijack_read read;
	long error;

	switch (command) {
	case OSEXT_HIJACK_ATTACH:
		if (copy_from_user(&attach, from, sizeof(attach)))
			return -EFAULT;
		if (attach.flags & ~OSEXT_HIJACK_BY_HANDLER)
			return -EINVAL;
		if (mutex_lock_killable(&session->lock))
			return -EINTR;
		error = hijack_attach(session, &attach);
		mutex_unlock(&session->lock);
		return error;
	case OSEXT_HIJACK_WAIT:
		if (copy_from_user(&wait, from, sizeof(wait)))
			return -EFAULT;
		return wait.reserved ? -EINVAL : wait_idle(session, &wait);
	case OSEXT_HIJACK_JOIN:
		if (copy_from_user(&join, from, sizeof(join)))
			return -EFAULT;
		return join.flags || join.reserved ? -EINVAL : hijack_join(session);
	case OSEXT_HIJACK_READ:
		/* A guest, with a descriptor that it was given or took, would read its executive. */
		if (hijack_guest_of(current))
			return -EPERM;
		if (copy_from_user(&read, from, sizeof(read)))
			return -EFAULT;
		if (mutex_lock_killable(&session->lock))
			return -EINTR;
		error = read_region(session, &read);
		mutex_unlock(&session->lock);
		return error;
	case OSEXT_HIJACK_GET_STATISTICS:
		return get_statistics(session, from);
	}
	return -ENOTTY;
}

/* Context: hard interrupt. */
static void nudge(struct irq_work *work)
{
	hijack_notify(container_of(work, struct hijack_session, nudge));
}

static int device_open(struct inode *inode, struct file *file)
{
	struct hijack_session *session;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	session = kzalloc(sizeof(*session), GFP_KERNEL);
	if (!session)
		return -ENOMEM;
	mutex_init(&session->lock);
	init_waitqueue_head(&session->wait);
	spin_lock_init(&session->spin);
	INIT_LIST_HEAD(&session->events);
	INIT_LIST_HEAD(&session->dying);
	init_irq_work(&session->nudge, nudge);
	INIT_WORK(&session->burial, hijack_bury);
	session->file = file;
	file->private_data = session;
	return 0;
}

/*
 * A descriptor is closed.  If the executive is dead, what is left of its session
 * goes first, so that the module can be unloaded right after.  May sleep.
 */
static int device_flush(struct file *file, fl_owner_t owner)
{
	struct hijack_session *session = file->private_data;

	if (!READ_ONCE(session->dead))
		return 0;
	/* Owners of guests end, each in its own time. */
	wait_event_killable_timeout(session->wait, READ_ONCE(session->buried) && !atomic_read(&session->living), HZ);
	return 0;
}

/* The last reference is gone, so no thread is attached and no address space maps us. */
static int device_release(struct inode *inode, struct file *file)
{
	struct hijack_session *session = file->private_data;

	irq_work_sync(&session->nudge);
	flush_work(&session->burial);
	if (session->thread)
		put_task_struct(session->thread);
	free_region(session);
	kfree(session);
	return 0;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = device_open,
	.flush = device_flush,
	.release = device_release,
	.mmap = device_mmap,
	.unlocked_ioctl = device_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "osext_hijack",
	.fops = &operations,
	.mode = 0600,
};

int hijack_device_init(void)
{
	return misc_register(&device);
}

void hijack_device_exit(void)
{
	misc_deregister(&device);
}
