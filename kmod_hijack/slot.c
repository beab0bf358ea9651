// SPDX-License-Identifier: GPL-2.0
/*
 * The executive's slot of a top-level page table: finding it, filling it, and
 * making the processor forget what it held.
 *
 * With page-table isolation an address space has two top-level tables, one for
 * the kernel and one for user mode.  With four levels each has the slot.  With
 * five it lies a level lower, in a table that both share.  With PCIDs the
 * translations of the two have tags of their own.
 */
#include <asm/cpufeature.h>
#include <asm/invpcid.h>
#include <asm/pgtable.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>

#include "compat.h"
#include "hijack.h"

/* The slot in a guest's or the home's tables, or NULL: nothing near it was ever mapped.  Context: any. */
p4d_t *hijack_slot_of(struct mm_struct *mm)
{
	pgd_t *pgd = pgd_offset(mm, OSEXT_EXECUTIVE_BASE);

	/* Without five levels the p4d is the pgd entry itself, empty or not. */
	return pgtable_l5_enabled() && pgd_none(*pgd) ? NULL : p4d_offset(pgd, OSEXT_EXECUTIVE_BASE);
}

/* `value` is the slot's at home, or 0.  Context: any, interrupts off. */
void hijack_write_slot(p4d_t *slot, p4d_t value)
{
	/* The kernel's own entry forbids execution, so that a return to user mode with the wrong table fails. */
	if (cpu_feature_enabled(X86_FEATURE_PTI) && !pgtable_l5_enabled())
		WRITE_ONCE(*hijack_user_slot(slot), native_make_p4d(native_p4d_val(value) & ~_PAGE_NX));
	WRITE_ONCE(*slot, value);
}

/* Drops this CPU's translations of the loaded address space, the kernel's and user mode's.  Context: interrupts off. */
void hijack_flush_slot(void)
{
	unsigned long cr3 = __native_read_cr3();

	native_write_cr3(cr3);
	/* Without PCIDs the way to user mode writes CR3. */
	if (!cpu_feature_enabled(X86_FEATURE_PTI) || !cpu_feature_enabled(X86_FEATURE_PCID))
		return;
	if (cpu_feature_enabled(X86_FEATURE_INVPCID))
		invpcid_flush_single_context((cr3 & X86_CR3_PCID_MASK) | HIJACK_USER_PCID);
	else
		__flush_tlb_all();
}
