// SPDX-License-Identifier: GPL-2.0
/* Which protections tests have switched off. */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "protection.h"

static char *test_off = "";
module_param(test_off, charp, 0444);
MODULE_PARM_DESC(test_off, "for tests only: protections that are off: budgets, list, rights, guards, admission, invocations, chains, condemn, release, isolation, watchers; with + between");

DEFINE_STATIC_KEY_FALSE(safex_some_off);
u32 safex_off;

int safex_protection_init(void)
{
	static const char *const names[] = { "budgets", "list", "rights", "guards", "admission", "invocations",
					     "chains", "condemn", "release", "isolation", "watchers" };
	char *words = kstrdup(test_off, GFP_KERNEL), *rest = words, *word;
	int i, error = 0;

	if (!words)
		return -ENOMEM;
	while (*words && (word = strsep(&rest, "+"))) {
		i = match_string(names, ARRAY_SIZE(names), word);
		if (i < 0) {
			pr_err("osext_safex: not loading: test_off= knows no protection \"%s\"\n", word);
			error = -EINVAL;
			break;
		}
		safex_off |= BIT(i);
	}
	kfree(words);
	if (!error && safex_off) {
		pr_notice("osext_safex: for tests, protections are off: %s\n", test_off);
		static_branch_enable(&safex_some_off);
	}
	return error;
}
