/* SPDX-License-Identifier: GPL-2.0 */
/* Guards of the CPU service manager's attributes. */
#ifndef OSEXT_SAFEX_CPU_GUARDS_H
#define OSEXT_SAFEX_CPU_GUARDS_H

struct safex_guard;

extern const struct safex_guard safex_guard_timeslice;

#endif
