// SPDX-License-Identifier: GPL-2.0
/*
 * Global pages (paper 2.1): a guest's translations survive the CR3 write with
 * which the executive is unmapped.
 *
 * While a guest is joined, the global bit stands in its present page-table
 * entries and in the protection that later ones are made of.  The executive's
 * entries never have it.  Linux does not expect global entries below the
 * kernel's half, so whatever it relies on a CR3 write for must be done here:
 *
 *   another address space is loaded     flushed on the way: a probe of sched_switch
 *                                       for switches of tasks, whoever ran there
 *                                       (the executive's thread, the guest's owner,
 *                                       a kernel thread that borrowed the memory);
 *                                       hijack_global_left() for our own switches
 *   a page is unmapped or protected     Linux drops up to 33 pages one by one, and
 *                                       more by a CR3 write: a notifier flushes on
 *                                       every CPU that has the guest's memory loaded
 *   fork copies the tables, or exec     all bits are taken away before, and flushed:
 *   changes to another memory           hijack_global_suspend()
 *   the guest leaves                    likewise
 *
 * So global entries exist only on CPUs that have the guest's memory loaded, and
 * only of what its tables say.  Between a probe's flush and the switch that
 * follows no user address is used; a processor that walked tables speculatively
 * there could still make an entry, so on hardware this is off unless asked for.
 *
 * "Flushed" is __flush_tlb_all(): INVPCID where there is one, else CR4.PGE is
 * toggled as in the paper.  Page-table isolation hides no global user page, and
 * is refused at load.
 */
#include <linux/hugetlb_inline.h>
#include <linux/mmu_notifier.h>
#include <linux/pagewalk.h>
#include <linux/rculist.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/tracepoint.h>
#include <asm/tlbflush.h>
#include <asm/unistd.h>

#include "compat.h"
#include "hijack.h"

/* Memory whose pages are global. */
struct hijack_global {
	struct mmu_notifier notifier;	/* names the memory */
	struct list_head list;
	struct rcu_head rcu;
};

static LIST_HEAD(globals);	/* read under RCU by the probe */
static DEFINE_MUTEX(globals_lock);	/* for changes of the list, and of: */
static bool probed;		/* from the first such memory until the module goes */
static atomic_long_t flushes;

unsigned long hijack_global_flushes(void)
{
	return atomic_long_read(&flushes);
}

static void flush_this_cpu(void *unused)
{
	unsigned long flags;

	local_irq_save(flags);
	__flush_tlb_all();
	local_irq_restore(flags);
	atomic_long_inc(&flushes);
}

/* Context: may hold spinlocks of page tables; interrupts on. */
static void flush_where_loaded(struct mm_struct *mm)
{
	if (hijack_global_stale)
		return;
	smp_mb();	/* what was changed in the tables, before which CPUs use them */
	on_each_cpu_mask(mm_cpumask(mm), flush_this_cpu, NULL, true);
}

/* Context: preemption off. */
static bool is_global(const struct mm_struct *mm)
{
	struct hijack_global *global;

	list_for_each_entry_rcu(global, &globals, list, true)
		if (global->notifier.mm == mm)
			return true;
	return false;
}

/* Context: interrupts off; another address space than `mm` has just been loaded. */
void hijack_global_left(const struct mm_struct *mm)
{
	if (is_global(mm) && !hijack_global_stale)
		flush_this_cpu(NULL);
}

/* Context: the scheduler, interrupts off. */
static void on_switch(void *unused, bool preempt, struct task_struct *prev, struct task_struct *next,
		      unsigned int prev_state)
{
	/* Also for a kernel thread, which goes on with the memory and would keep what is remembered of it. */
	if (prev->active_mm && next->mm != prev->active_mm)
		hijack_global_left(prev->active_mm);
}

static void on_invalidate(struct mmu_notifier *notifier, struct mm_struct *mm, unsigned long start, unsigned long end)
{
	flush_where_loaded(mm);
}

static struct mmu_notifier *alloc_notifier(struct mm_struct *mm)
{
	struct hijack_global *global = kzalloc(sizeof(*global), GFP_KERNEL_ACCOUNT);

	return global ? &global->notifier : ERR_PTR(-ENOMEM);
}

static void free_notifier(struct mmu_notifier *notifier)
{
	struct hijack_global *global = container_of(notifier, struct hijack_global, notifier);

	kfree_rcu(global, rcu);
}

static const struct mmu_notifier_ops notifier_ops = {
	.alloc_notifier = alloc_notifier,
	.free_notifier = free_notifier,
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	.arch_invalidate_secondary_tlbs = on_invalidate,
#else
	.invalidate_range = on_invalidate,
#endif
};

/* Atomically: the processor may set accessed and dirty bits meanwhile. */
static void change_entry(void *entry, unsigned long flags, bool global)
{
	/* Without the present bit, the same bit means an inaccessible page. */
	if ((flags & _PAGE_PRESENT) && !!(flags & _PAGE_GLOBAL) != global)
		change_bit(_PAGE_BIT_GLOBAL, entry);
}

/* Context: the page table's lock is held. */
static int on_pte(pte_t *pte, unsigned long address, unsigned long next, struct mm_walk *walk)
{
	change_entry(pte, pte_flags(ptep_get(pte)), *(bool *)walk->private);
	return 0;
}

static int on_pmd(pmd_t *pmd, unsigned long address, unsigned long next, struct mm_walk *walk)
{
	spinlock_t *lock;

	if (!pmd_trans_huge(*pmd))
		return 0;	/* a table, or nothing */
	lock = pmd_lock(walk->mm, pmd);
	if (pmd_trans_huge(*pmd)) {
		change_entry(pmd, pmd_flags(*pmd), *(bool *)walk->private);
		walk->action = ACTION_CONTINUE;
	}
	spin_unlock(lock);
	return 0;
}

static const struct mm_walk_ops walk_ops = {
	.pmd_entry = on_pmd,
	.pte_entry = on_pte,
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	.walk_lock = PGWALK_WRLOCK,
#endif
};

/* Ordinary memory that the guest can access: no devices, no large-page file systems, not our reservation. */
static bool is_ordinary(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC)) &&
	       !(vma->vm_flags & (VM_IO | VM_PFNMAP | VM_MIXEDMAP | VM_HUGETLB));
}

/*
 * Shared mappings keep their protection, in which Linux tells pages whose first
 * write it must see: of those only the entries that exist become global.
 */
static bool is_private(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & (VM_SHARED | VM_MAYSHARE));
}

/* `all`: also where later entries are as they should be already.  May sleep. */
static void change_all(struct mm_struct *mm, bool global, bool all)
{
	struct vm_area_struct *vma;
	VMA_ITERATOR(vmi, mm, 0);

	mmap_write_lock(mm);
	for_each_vma(vmi, vma) {
		unsigned long protection = pgprot_val(vma->vm_page_prot);

		if (!is_ordinary(vma))
			continue;
		if (!all && (!is_private(vma) || !!(protection & _PAGE_GLOBAL) == global))
			continue;
		hijack_vma_flags(vma, 0, 0);	/* for its lock */
		if (is_private(vma))
			WRITE_ONCE(vma->vm_page_prot,
				   __pgprot(global ? protection | _PAGE_GLOBAL : protection & ~_PAGE_GLOBAL));
		static_call(hijack_walk)(mm, vma->vm_start, vma->vm_end, &walk_ops, &global);
	}
	mmap_write_unlock(mm);
}

/* No entry is global, nor is one remembered.  May sleep. */
static void take_away(struct mm_struct *mm)
{
	change_all(mm, false, true);
	flush_where_loaded(mm);
}

static int probe_switches(void)
{
	int error = 0;

	lockdep_assert_held(&globals_lock);
	if (!probed)
		error = tracepoint_probe_register(hijack_kernel.sched_switch, on_switch, NULL);
	probed = !error;
	return error;
}

/*
 * What the session's executive wants, and with it all its guests.
 * -EINVAL: it contradicts itself; -EOPNOTSUPP: there are no global pages here.
 */
int hijack_global_attach(struct hijack_session *session, u64 flags)
{
	bool on = flags & OSEXT_HIJACK_GLOBAL_ON, off = flags & OSEXT_HIJACK_GLOBAL_OFF;

	if (on && off)
		return -EINVAL;
	if (on && (boot_cpu_has(X86_FEATURE_PTI) || !boot_cpu_has(X86_FEATURE_PGE))) {
		pr_err("osext_hijack: no global pages here: page-table isolation is on, or the processor has none\n");
		return -EOPNOTSUPP;
	}
	session->guest_pages = on ? PAGES_GLOBAL : off ? PAGES_NOT_GLOBAL : PAGES_BY_PARAMETER;
	return 0;
}

static bool wants_global(const struct hijack_session *session)
{
	if (session->guest_pages == PAGES_BY_PARAMETER)
		return hijack_use_global && boot_cpu_has(X86_FEATURE_PGE);
	return session->guest_pages == PAGES_GLOBAL;
}

/*
 * The guest's memory becomes global, if its session or the parameter says so.  Context: the
 * owner, whose memory it is, nobody else runs in it; may sleep.
 * Returns what to give to the other functions: NULL if it is not global.
 */
struct hijack_global *hijack_global_start(const struct hijack_session *session, struct mm_struct *mm)
{
	struct mmu_notifier *notifier;
	struct hijack_global *global;
	int error;

	if (!wants_global(session))
		return NULL;
	mutex_lock(&globals_lock);
	error = probe_switches();
	mutex_unlock(&globals_lock);
	if (error)
		return ERR_PTR(error);
	notifier = mmu_notifier_get(&notifier_ops, mm);
	if (IS_ERR(notifier))
		return ERR_CAST(notifier);
	global = container_of(notifier, struct hijack_global, notifier);
	mutex_lock(&globals_lock);
	list_add_rcu(&global->list, &globals);
	mutex_unlock(&globals_lock);
	change_all(mm, true, true);
	return global;
}

/*
 * Before a call that copies the memory or replaces it: neither a child's entries
 * nor what the CPU remembers of the old memory may be global.  Says whether
 * hijack_global_resume() must follow.  Context: the owner; may sleep.
 */
bool hijack_global_suspend(struct hijack_global *global, unsigned int nr)
{
	if (!global)
		return false;
	switch (nr) {
	case __NR_fork:
	case __NR_vfork:
	case __NR_clone:
	case __NR_execve:
	case __NR_execveat:
		break;
	default:
		return false;
	}
	take_away(global->notifier.mm);
	return true;
}

/* After it.  Context: the owner; may sleep. */
void hijack_global_resume(struct hijack_global *global)
{
	if (global->notifier.mm == current->mm)	/* else it is another program now */
		change_all(current->mm, true, true);
}

/* After a call that may have made new memory, or changed what may be done with it.  Context: the owner; may sleep. */
void hijack_global_refresh(struct hijack_global *global, unsigned int nr)
{
	if (!global)
		return;
	switch (nr) {
	case __NR_mmap:
	case __NR_brk:
	case __NR_mprotect:
	case __NR_pkey_mprotect:
	case __NR_mremap:
	case __NR_shmat:
	case __NR_remap_file_pages:
		change_all(global->notifier.mm, true, false);
	}
}

/*
 * The guest leaves or has ended; before any of its tasks uses its memory again
 * in user mode.  May sleep.
 */
void hijack_global_stop(struct hijack_global *global)
{
	if (!global)
		return;
	take_away(global->notifier.mm);
	mutex_lock(&globals_lock);
	list_del_rcu(&global->list);
	mutex_unlock(&globals_lock);
	mmu_notifier_put(&global->notifier);
}

/* The module goes; there is no such memory any more.  May sleep. */
void hijack_global_exit(void)
{
	if (probed)
		tracepoint_probe_unregister(hijack_kernel.sched_switch, on_switch, NULL);
	tracepoint_synchronize_unregister();
	mmu_notifier_synchronize();
}
