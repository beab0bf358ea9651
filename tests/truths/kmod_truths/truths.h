/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the three parts of the in-machine truths: the test on the host, the
 * program in the guest, and the module that does for it what needs ring 0.
 */
#ifndef OSEXT_TESTS_TRUTHS_H
#define OSEXT_TESTS_TRUTHS_H

#include <linux/ioctl.h>

/* What the module does; the argument is an address for INVLPG, else 0. */
#define TRUTHS_NOTHING _IO('T', 0)	/* the way into the kernel and back alone */
#define TRUTHS_WRITE_CR3 _IO('T', 1)
#define TRUTHS_TOGGLE_PGE _IO('T', 2)
#define TRUTHS_INVLPG _IO('T', 3)
/*
 * The module touches its own global pages, does what the argument says (one of
 * the first three), and touches them again between BEGIN and END.
 */
#define TRUTHS_GLOBAL_PAGES _IO('T', 4)

#define TRUTHS_PAGES 16		/* that each flush is shown on */
#define TRUTHS_ROUNDS 8		/* over the pages of a stride, in one pair */
#define TRUTHS_REPEATS 5		/* pairs for each thing; the least disturbed counts */
#define TRUTHS_CALLS 10000
#define TRUTHS_MARKERS 100	/* BEGINs in a row, then one END */

/* The series, in the order in which the guest makes them. */
enum truths_series {
	TRUTHS_SERIES_EMPTY,		/* a pair with nothing in it */
	TRUTHS_SERIES_MARKERS,		/* TRUTHS_MARKERS BEGINs and an END: no pairs */
	TRUTHS_SERIES_CALLS,		/* TRUTHS_CALLS getppid() */
	TRUTHS_SERIES_USER_NOTHING,	/* user pages again after each of the four */
	TRUTHS_SERIES_USER_CR3,
	TRUTHS_SERIES_USER_PGE,
	TRUTHS_SERIES_USER_INVLPG,
	TRUTHS_SERIES_GLOBAL_NOTHING,	/* global pages, in the kernel */
	TRUTHS_SERIES_GLOBAL_CR3,
	TRUTHS_SERIES_GLOBAL_PGE,
	TRUTHS_SERIES_LARGE_DATA,	/* parts of one 2 MB page after a CR3 write */
	TRUTHS_SERIES_LARGE_CODE,
	TRUTHS_SERIES_STRIDES		/* then one for each data stride, then for each code stride */
};

#endif
