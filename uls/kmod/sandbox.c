// SPDX-License-Identifier: GPL-2.0
/*
 * The sandbox's two superpages: their memory, the mapping in each host, and
 * opening and closing it.
 *
 * The mapping has no access rights and cannot get any, be split, moved or grown;
 * unmapping it whole is leaving.  Its page tables are the host's own.  Closed, the
 * two entries are empty (mode=present), so that neither the program nor the kernel
 * on its behalf can reach the pages; or they lack the user bit only (mode=us), as
 * on the slides, and the kernel can be talked into reading and writing them.
 */
#include <linux/anon_inodes.h>
#include <linux/bitmap.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/sched/mm.h>

#include "compat.h"
#include "sandbox.h"
#include "uls.h"

#define PAGES (OSEXT_ULS_PAGE_BYTES / PAGE_SIZE)
#define GUARD (OSEXT_ULS_DATA + OSEXT_ULS_PAGE_BYTES)	/* the rest of the region: never anything */

static struct page *code_page, *data_page;
static DECLARE_BITMAP(code_map, PAGES);
static DECLARE_BITMAP(data_map, PAGES);
struct uls_entries uls_open_entries, uls_closed_entries;

static const u8 stub[] = {
	0xb8, OSEXT_ULS_RETURN & 0xff, OSEXT_ULS_RETURN >> 8, 0, 0,	/* mov $OSEXT_ULS_RETURN, %eax */
	0x0f, 0x05,	/* syscall */
	0x0f, 0x0b,	/* ud2 */
	0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90,
	/* OSEXT_ULS_THREAD_END */
	0x89, 0xc7,	/* mov %eax, %edi */
	0xb8, __NR_exit_group, 0, 0, 0,	/* mov $__NR_exit_group, %eax */
	0x0f, 0x05,	/* syscall */
	0x0f, 0x0b,	/* ud2 */
};
static_assert(OSEXT_ULS_THREAD_END - OSEXT_ULS_STUB == 16);

/* The kernel's own address of an address in the sandbox. */
void *uls_alias(u64 address)
{
	if (address < OSEXT_ULS_DATA)
		return page_address(code_page) + (address - OSEXT_ULS_CODE);
	return page_address(data_page) + (address - OSEXT_ULS_DATA);
}

/* `page` is OSEXT_ULS_CODE or _DATA.  Under uls_mutex.  0 or -ENOSPC. */
int uls_area_allocate(unsigned long page, u32 bytes, struct uls_area *area)
{
	unsigned long *map = page == OSEXT_ULS_CODE ? code_map : data_map;
	u32 count = DIV_ROUND_UP(bytes, PAGE_SIZE);
	unsigned long first = bitmap_find_next_zero_area(map, PAGES, 0, count, 0);

	area->count = 0;
	if (first >= PAGES)
		return -ENOSPC;
	bitmap_set(map, first, count);
	area->first = first;
	area->count = count;
	memset(uls_alias(page + first * PAGE_SIZE), 0, count * PAGE_SIZE);
	return 0;
}

/* Under uls_mutex. */
void uls_area_free(unsigned long page, struct uls_area *area)
{
	bitmap_clear(page == OSEXT_ULS_CODE ? code_map : data_map, area->first, area->count);
	area->count = 0;
}

u64 uls_area_address(unsigned long page, const struct uls_area *area)
{
	return page + (u64)area->first * PAGE_SIZE;
}

static pmd_t *find_entries(struct mm_struct *mm)
{
	p4d_t *p4d = p4d_offset(pgd_offset(mm, OSEXT_ULS_CODE), OSEXT_ULS_CODE);

	return pmd_offset(pud_offset(p4d, OSEXT_ULS_CODE), OSEXT_ULS_CODE);
}

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

/*
 * The host unmaps the sandbox; or it is gone already, or mremap() failed and this is its
 * try.  Or somebody does who shares the host's memory: the page tables are gone with the mapping,
 * and the host finds out when it is alone again.
 */
static void unmapped(struct vm_area_struct *vma)
{
	struct uls_host *host = vma->vm_file->private_data;

	if (vma->vm_start != OSEXT_ULS_CODE)
		return;
	WRITE_ONCE(host->unmapped, true);
	if (current == host->task && current->mm == host->mm)
		uls_host_end(host);
	else
		WRITE_ONCE(host->mm, NULL);
}

static const struct vm_operations_struct region_ops = {
	.close = unmapped,
	.mremap = refuse_mremap,
	.may_split = refuse_split,
	.fault = refuse_fault,
};

static int region_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct uls_host *host = file->private_data;
	int error;

	if (host->pmd || vma->vm_mm != host->mm || vma->vm_start != OSEXT_ULS_CODE ||
	    vma->vm_end - vma->vm_start != OSEXT_SANDBOX_SIZE || !(vma->vm_flags & VM_SHARED) ||
	    (vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC)))
		return -EINVAL;
	/* One entry without rights behind the superpages makes the kernel build the tables above them. */
	error = remap_pfn_range(vma, GUARD, page_to_pfn(data_page), PAGE_SIZE, PAGE_NONE);
	if (error)
		return error;
	uls_vma_flags(vma, VM_IO | VM_PFNMAP | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP,
		      VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC);
	vma->vm_ops = &region_ops;
	host->pmd = find_entries(vma->vm_mm);
	if (!pmd_none(host->pmd[0]) || !pmd_none(host->pmd[1]))
		return -EBUSY;
	uls_write_entries(host, &uls_closed_entries);
	return 0;
}

static int region_release(struct inode *inode, struct file *file)
{
	uls_mapping_ends(file->private_data);
	uls_host_put(file->private_data);
	return 0;
}

static const struct file_operations region_operations = {
	.owner = THIS_MODULE,
	.mmap = region_mmap,
	.release = region_release,
};

/* Those who do not know do not keep the module, which makes them leave when it goes (eject.c). */
static const struct file_operations injected_operations = {
	.mmap = region_mmap,
	.release = region_release,
};

/* Maps the sandbox into the caller's memory.  0 or a negative errno.  May sleep. */
int uls_map(struct uls_host *host)
{
	struct file *file = anon_inode_getfile("[osext_uls]", host->injected ? &injected_operations : &region_operations,
					       host, O_RDWR);
	unsigned long address;

	if (IS_ERR(file))
		return PTR_ERR(file);
	kref_get(&host->references);	/* the file's */
	mmgrab(current->mm);
	host->mapped_in = current->mm;
	uls_mapping_begins(host);
	address = vm_mmap(file, OSEXT_ULS_CODE, OSEXT_SANDBOX_SIZE, PROT_NONE,
			  MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_NORESERVE, 0);
	fput(file);
	return IS_ERR_VALUE(address) ? (int)(long)address : 0;
}

/*
 * OPEN: what opening costs, without an upcall.  Nobody else runs in this memory
 * meanwhile.  Context: a system call.  -EINVAL: no host, -EBUSY: it is not alone.
 */
int uls_try_open(const struct osext_uls_open *open)
{
	struct uls_host *host;
	int error = 0;

	if ((open->flags & ~OSEXT_ULS_FLUSH_ALL) || open->reserved)
		return -EINVAL;
	local_irq_disable();
	host = this_cpu_read(uls_cpu.host);
	if (!host || host->place != ULS_OUT)
		error = -EINVAL;
	else if (!uls_is_alone(host))
		error = READ_ONCE(host->mm) ? -EBUSY : -EINVAL;
	if (!error) {
		uls_open(host);
		if (open->flags & OSEXT_ULS_FLUSH_ALL)
			uls_drop_all_translations();
		uls_close(host);
	}
	local_irq_enable();
	return error;
}

/*
 * In a thread: opens the sandbox for good.  System calls reach it through pointers,
 * so the entries are ones of which get_user_pages_fast() takes no references either.
 */
void uls_keep_open(struct uls_host *host)
{
	const struct uls_entries entries = {
		.code = uls_without_pins(uls_open_entries.code),
		.data = uls_without_pins(uls_open_entries.data),
	};

	uls_write_entries(host, &entries);
	if (static_branch_unlikely(&uls_mode_us))
		uls_drop_translations();
}

/* The end of that, on every CPU and whoever shares the thread's memory.  May sleep. */
void uls_shut(struct uls_host *host)
{
	struct vm_area_struct *vma;

	if (!mmget_not_zero(host->mapped_in))
		return;
	mmap_read_lock(host->mapped_in);
	vma = find_vma(host->mapped_in, OSEXT_ULS_CODE);
	if (vma && vma->vm_ops == &region_ops && vma->vm_file->private_data == host)
		zap_vma_ptes(vma, OSEXT_ULS_CODE, 2 * OSEXT_ULS_PAGE_BYTES);
	mmap_read_unlock(host->mapped_in);
	mmput(host->mapped_in);
}

/* A thread of the kernel's, which is in the memory of a host that is one no more.  May sleep. */
void uls_unmap(struct uls_host *host)
{
	struct vm_area_struct *vma;

	mmap_write_lock(host->mapped_in);
	vma = find_vma(host->mapped_in, OSEXT_ULS_CODE);
	if (vma && vma->vm_ops == &region_ops && vma->vm_file->private_data == host &&
	    uls_do_munmap(host->mapped_in, OSEXT_ULS_CODE, OSEXT_SANDBOX_SIZE))
		pr_err("osext_uls: cannot unmap the sandbox from a process\n");
	mmap_write_unlock(host->mapped_in);
}

static u64 entry(struct page *page, unsigned long rights)
{
	pmd_t pmd = pmd_mkyoung(pmd_mkhuge(pfn_pmd(page_to_pfn(page), vm_get_page_prot(rights | VM_SHARED))));

	if (rights & VM_WRITE)
		pmd = pmd_mkdirty(pmd);
	return pmd_val(pmd) | _PAGE_SPECIAL;	/* nobody takes references to it */
}

/* May sleep. */
int uls_sandbox_init(void)
{
	code_page = alloc_pages(GFP_KERNEL | __GFP_ZERO | __GFP_COMP, PMD_SHIFT - PAGE_SHIFT);
	data_page = alloc_pages(GFP_KERNEL | __GFP_ZERO | __GFP_COMP, PMD_SHIFT - PAGE_SHIFT);
	if (!code_page || !data_page) {
		uls_sandbox_exit();
		return -ENOMEM;
	}
	uls_open_entries.code = entry(code_page, VM_READ | VM_EXEC);
	uls_open_entries.data = entry(data_page, VM_READ | VM_WRITE);
	if (static_key_enabled(&uls_mode_us)) {
		uls_closed_entries.code = uls_open_entries.code & ~_PAGE_USER;
		uls_closed_entries.data = uls_open_entries.data & ~_PAGE_USER;
	}
	bitmap_set(code_map, 0, OSEXT_ULS_STUB_BYTES / PAGE_SIZE);
	bitmap_set(data_map, 0, OSEXT_ULS_RECORDS_BYTES / PAGE_SIZE);
	memcpy(page_address(code_page), stub, sizeof(stub));
	return 0;
}

void uls_sandbox_exit(void)
{
	if (code_page)
		__free_pages(code_page, PMD_SHIFT - PAGE_SHIFT);
	if (data_page)
		__free_pages(data_page, PMD_SHIFT - PAGE_SHIFT);
}
