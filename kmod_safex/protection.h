/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Protections that tests switch off (module parameter test_off), to see that what
 * they keep from happening does happen then.  As long as none is off, asking costs a NOP.
 */
#ifndef OSEXT_SAFEX_PROTECTION_H
#define OSEXT_SAFEX_PROTECTION_H

#include <linux/bits.h>
#include <linux/jump_label.h>
#include <linux/types.h>

enum safex_protection {
	SAFEX_BUDGETS = BIT(0),	/* runs are aborted */
	SAFEX_LIST = BIT(1),	/* programs call what is harmless only */
	SAFEX_RIGHTS = BIT(2),	/* capabilities' rights, and revocation */
	SAFEX_GUARDS = BIT(3),
	SAFEX_ADMISSION = BIT(4),	/* reservations have a limit */
	SAFEX_INVOCATIONS = BIT(5),	/* and are kept */
	SAFEX_CHAINS = BIT(6),	/* end after OSEXT_SAFEX_CHAIN_MAX runs; else after a hundred times that */
	SAFEX_CONDEMN = BIT(7),	/* repeat offenders are unloaded */
	SAFEX_RELEASE = BIT(8),	/* what an aborted run holds is released */
	SAFEX_ISOLATION = BIT(9),	/* a timeslice leaves others what they have reserved */
	SAFEX_WATCHERS = BIT(10),	/* who may trace a thread, and nobody else, sees its system calls */
};

DECLARE_STATIC_KEY_FALSE(safex_some_off);
extern u32 safex_off;

static __always_inline bool safex_is_on(enum safex_protection which)
{
	return !static_branch_unlikely(&safex_some_off) || !(safex_off & which);
}

int safex_protection_init(void);

#endif
