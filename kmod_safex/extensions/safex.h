/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What a SafeX extension is written against: C, compiled to eBPF, verified by the kernel.
 *
 *	#include "safex.h"
 *	SAFEX_ATTRIBUTE(actual_cpu);
 *	SAFEX_EVENT(error);
 *	SAFEX_EXTENSION(monitor)
 *	{
 *		safex_capability *task = safex_acquire(0);
 *		if (!task)
 *			return 0;
 *		safex_raise_event(task, error, safex_get_attribute(task, actual_cpu));
 *		safex_release(task);
 *		return 0;
 *	}
 *
 * Attributes and events are numbers to the program; the loader fills them in, in the order of
 * their names in the file.  Global variables keep their values from run to run.
 */
#ifndef OSEXT_SAFEX_EXTENSION_H
#define OSEXT_SAFEX_EXTENSION_H

typedef unsigned int safex_u32;
typedef unsigned long long safex_u64;
typedef long long safex_s64;

/* A value that says: there is none. */
#define SAFEX_NO_VALUE (-0x7fffffffffffffffLL - 1)

/* Access to an attribute class: nothing can be read in it, and none can be made up. */
typedef struct safex_capability safex_capability;
struct safex_capability {
	safex_u64 opaque;
} __attribute__((preserve_access_index));

#define SAFEX_SECTION(name) __attribute__((section(name), used))
#define SAFEX_FUNCTION extern __attribute__((section(".ksyms")))

/* The capability in a slot, or null.  Every one that is not null has to be released. */
SAFEX_FUNCTION safex_capability *safex_acquire(safex_u32 slot);
SAFEX_FUNCTION void safex_release(safex_capability *capability);
/* The value, or SAFEX_NO_VALUE: no such attribute, no right, or revoked. */
SAFEX_FUNCTION safex_s64 safex_get_attribute(safex_capability *capability, safex_u32 attribute);
/* 0, or a negative errno: -EPERM (1) no right or revoked, -ENOENT (2) none, else the guard's. */
SAFEX_FUNCTION int safex_set_attribute(safex_capability *capability, safex_u32 attribute, safex_s64 value);
/* 0: what is bound to the event runs after this run; or a negative errno, -ENOBUFS (105): too many. */
SAFEX_FUNCTION int safex_raise_event(safex_capability *capability, safex_u32 event, safex_s64 value);
/* About the event that this run is for. */
SAFEX_FUNCTION safex_s64 safex_event_value(void);
SAFEX_FUNCTION safex_u32 safex_event_set(void);
/* For whoever raised it and waits. */
SAFEX_FUNCTION void safex_answer(safex_s64 value);

/* Harmless functions of the kernel, by their numbers. */
static long (*const safex_loop)(safex_u32 rounds, void *function, void *context, safex_u64 flags) = (void *)181;
static safex_u64 (*const safex_time_ns)(void) = (void *)5;

/* Names that the program uses: small integers, known when the loader has numbered them. */
#define SAFEX_ATTRIBUTE(name) const volatile safex_u32 name SAFEX_SECTION(".rodata.safex_attributes")
#define SAFEX_EVENT(name) const volatile safex_u32 name SAFEX_SECTION(".rodata.safex_events")

struct xdp_md;	/* the kernel's name for the context, which is empty */
char _license[] SAFEX_SECTION("license") = "GPL";	/* the module's functions are for such programs */

#define SAFEX_EXTENSION(name) \
	int name(struct xdp_md *); \
	SAFEX_SECTION("xdp") int name(struct xdp_md *safex_context __attribute__((unused)))

#endif
