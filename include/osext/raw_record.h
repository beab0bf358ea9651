/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Raw records: what the runner writes while it measures, the same on every
 * machine; the host alone turns them into samples.  A record file is a sequence
 * of frames, each a header and `bytes` of payload, little-endian, no padding.
 * A file that ends inside a frame is what a crash leaves; whole frames before
 * it are valid.
 *
 *   CELL     text "experiment\nmechanism\nworkload\nk=v;k=v\n"; following frames
 *            belong to this cell until the next CELL frame
 *   MARKED   struct osext_raw_marked: a series counted by the plugin.  The n-th
 *            MARKED frame of the file is the n-th SERIES marker of the ring; its
 *            operations are the BEGIN/END pairs up to the next SERIES marker, of
 *            which the first `warmup` are dropped
 *   VALUES   struct osext_raw_values, then metric name, NUL, unit, NUL, labels, NUL,
 *            then `count` signed 64-bit values.  Labels are "k=v;k=v" and tell
 *            apart what one cell measured of several things ("task=0"); often ""
 *   FACT     text "name=integer": a count that belongs to the cell (fast-path
 *            entries, for example); ends up in the sample's counters
 *   STATUS   text "ok\n", or "skipped\nreason\n", "failed\nreason\n": closes the cell
 *   NOTE     text "name=value": describes the run (turns up in run.json)
 */
#ifndef OSEXT_RAW_RECORD_H
#define OSEXT_RAW_RECORD_H

#include <osext/shared_region.h>

#define OSEXT_RAW_MAGIC 0x5258534fU	/* "OSXR" */

enum osext_raw_kind {
	OSEXT_RAW_CELL = 1,
	OSEXT_RAW_MARKED,
	OSEXT_RAW_VALUES,
	OSEXT_RAW_FACT,
	OSEXT_RAW_STATUS,
	OSEXT_RAW_NOTE,
};

struct osext_raw_header {
	__u32 magic;
	__u32 kind;
	__u64 bytes;
};

struct osext_raw_marked {
	__u64 count;		/* BEGIN/END pairs the series must have after warm-up */
	__u64 ops;		/* operations in each pair */
	__u64 trial;
	__u64 warmup;		/* pairs that come first and are not measured */
};

struct osext_raw_values {
	__u64 count;
	__u64 ops;
	__u64 trial;
};

#ifdef __cplusplus
static_assert(sizeof(struct osext_raw_header) == 16, "raw header");
static_assert(sizeof(struct osext_raw_marked) == 32, "raw marked");
static_assert(sizeof(struct osext_raw_values) == 24, "raw values");
#else
_Static_assert(sizeof(struct osext_raw_header) == 16, "raw header");
_Static_assert(sizeof(struct osext_raw_marked) == 32, "raw marked");
_Static_assert(sizeof(struct osext_raw_values) == 24, "raw values");
#endif

#endif
