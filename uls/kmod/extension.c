// SPDX-License-Identifier: GPL-2.0
/*
 * Extensions: memory in the sandbox, what is copied into it, the start and the end.
 * Data and stack are one area, the stack above the data; between neighbours there is
 * no guard, since all of the sandbox has the same rights.
 *
 * Context of everything: under uls_mutex, may sleep.
 */
#include <linux/cred.h>
#include <linux/delay.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include <asm/tsc.h>

#include "queue.h"
#include "uls.h"

#define STACK_MIN_BYTES 1024

DEFINE_MUTEX(uls_mutex);
struct uls_extension *uls_extensions[OSEXT_ULS_EXTENSIONS_MAX];
u64 uls_shortest_budget;

struct uls_extension *uls_find(u32 id)
{
	return id < OSEXT_ULS_EXTENSIONS_MAX ? uls_extensions[id] : NULL;
}

u64 uls_time_stamps(u64 ns)
{
	return mul_u64_u32_div(ns, tsc_khz, 1000000);
}

/* Without any extension it is the longest there may be. */
void uls_find_shortest_budget(void)
{
	u64 shortest = uls_time_stamps(OSEXT_ULS_BUDGET_MAX_NS);
	u32 id;

	for (id = 0; id < OSEXT_ULS_EXTENSIONS_MAX; id++)
		if (uls_extensions[id])
			shortest = min(shortest, uls_extensions[id]->budget);
	WRITE_ONCE(uls_shortest_budget, shortest);
}

static int check(const struct osext_uls_load *load)
{
	u32 id;

	if (load->reserved || !load->code_bytes || load->code_bytes > OSEXT_ULS_PAGE_BYTES ||
	    load->data_bytes > OSEXT_ULS_PAGE_BYTES || load->stack_bytes > OSEXT_ULS_PAGE_BYTES ||
	    load->stack_bytes < STACK_MIN_BYTES || load->stack_bytes % 16 || load->budget_ns < OSEXT_ULS_BUDGET_MIN_NS ||
	    load->budget_ns > OSEXT_ULS_BUDGET_MAX_NS || !load->name[0] ||
	    strnlen(load->name, sizeof(load->name)) == sizeof(load->name))
		return -EINVAL;
	for (id = 0; id < OSEXT_ULS_EXTENSIONS_MAX; id++)
		if (uls_extensions[id] && !strcmp(uls_extensions[id]->name, load->name))
			return -EEXIST;
	for (id = 0; id < OSEXT_ULS_EXTENSIONS_MAX; id++)
		if (!uls_extensions[id])
			return id;
	return -EMFILE;
}

static void lay_out(struct uls_extension *extension, struct osext_uls_load *load)
{
	u64 code = uls_area_address(OSEXT_ULS_CODE, &extension->code);
	u64 data = uls_area_address(OSEXT_ULS_DATA, &extension->data);
	u64 stack_end = data + extension->data.count * PAGE_SIZE;

	extension->code_bytes = load->code_bytes;
	extension->data_bytes = load->data_bytes;
	extension->stack_bytes = load->stack_bytes;
	extension->stack = stack_end - sizeof(u64);	/* as after a call */
	extension->return_address = uls_alias(extension->stack);
	extension->record = OSEXT_ULS_DATA + extension->id * sizeof(struct osext_uls_record);
	extension->told = uls_alias(extension->record);
	memset(extension->told, 0, sizeof(*extension->told));
	extension->told->id = extension->id;
	load->id = extension->id;
	load->code = code;
	load->data = data;
	load->stack_end = stack_end;
}

/* -EEXIST: the name is taken; -EMFILE: too many extensions; -ENOSPC: the sandbox is full. */
int uls_load(const void *session, struct osext_uls_load *load)
{
	struct uls_extension *extension;
	int id = check(load), error;

	if (id < 0)
		return id;
	extension = kzalloc(sizeof(*extension), GFP_KERNEL);
	if (!extension)
		return -ENOMEM;
	extension->id = id;
	extension->session = session;
	extension->creator = current_euid();
	extension->budget = uls_time_stamps(load->budget_ns);
	memcpy(extension->name, load->name, sizeof(extension->name));
	error = uls_area_allocate(OSEXT_ULS_CODE, load->code_bytes, &extension->code);
	if (!error)
		error = uls_area_allocate(OSEXT_ULS_DATA, ALIGN(load->data_bytes, 16) + load->stack_bytes,
					  &extension->data);
	if (error) {
		if (extension->code.count)
			uls_area_free(OSEXT_ULS_CODE, &extension->code);
		kfree(extension);
		return error;
	}
	lay_out(extension, load);
	uls_lock_irq();
	uls_extensions[id] = extension;
	uls_unlock_irq();
	uls_find_shortest_budget();
	uls_budget_renew();
	return 0;
}

static bool is_inside(u64 address, u64 bytes, u64 begin, u64 size)
{
	return address >= begin && bytes <= size && address - begin <= size - bytes;
}

/* Between the extension's memory and `memory`, of the kernel.  -EBUSY: code that may be running is not changed. */
int uls_copy(struct uls_extension *extension, const struct osext_uls_copy *copy, void *memory, bool write)
{
	bool code = is_inside(copy->address, copy->bytes, uls_area_address(OSEXT_ULS_CODE, &extension->code),
			      extension->code_bytes);
	void *alias;

	if (copy->reserved)
		return -EINVAL;
	if (!code && !is_inside(copy->address, copy->bytes, uls_area_address(OSEXT_ULS_DATA, &extension->data),
				extension->data.count * PAGE_SIZE))
		return -EINVAL;
	if (code && write && extension->started)
		return -EBUSY;
	alias = uls_alias(copy->address);
	if (write)
		memcpy(alias, memory, copy->bytes);
	else
		memcpy(memory, alias, copy->bytes);
	return 0;
}

int uls_start(struct uls_extension *extension, const struct osext_uls_start *start)
{
	if (start->reserved ||
	    !is_inside(start->entry, 1, uls_area_address(OSEXT_ULS_CODE, &extension->code), extension->code_bytes))
		return -EINVAL;
	if (extension->started)
		return -EBUSY;
	extension->entry = start->entry;
	uls_lock_irq();
	extension->started = true;
	uls_update(extension);
	if (uls_deliverable)
		uls_arm_return();
	uls_unlock_irq();
	return 0;
}

static void interrupt(void *unused)
{
}

/*
 * No event reaches it any more, an upcall that it is in is aborted, and its memory
 * is free again.  The caller is in no upcall.
 */
void uls_unload(struct uls_extension *extension)
{
	uls_lock_irq();
	extension->revoked = true;
	uls_update(extension);
	uls_extensions[extension->id] = NULL;
	uls_unlock_irq();
	uls_unbind_all(extension);
	uls_threads_end(extension);
	uls_pass_end(extension->id);
	/* Whoever is in it on another CPU is interrupted, and sees that on its way back; others when they run. */
	while (READ_ONCE(extension->host)) {
		smp_call_function(interrupt, NULL, 1);
		msleep(1);
	}
	uls_find_shortest_budget();
	uls_area_free(OSEXT_ULS_CODE, &extension->code);
	uls_area_free(OSEXT_ULS_DATA, &extension->data);
	kfree(extension);
}

static void add(struct osext_uls_statistics *sum, const struct osext_uls_statistics *one)
{
	u32 i;

	sum->events += one->events;
	sum->overruns += one->overruns;
	sum->upcalls += one->upcalls;
	sum->direct += one->direct;
	sum->drained += one->drained;
	sum->returns += one->returns;
	for (i = 0; i < OSEXT_ULS_ABORTS; i++)
		sum->aborts[i] += one->aborts[i];
}

/* Of statistics->id, which exists, or of all. */
void uls_statistics(struct osext_uls_statistics *statistics)
{
	u32 wanted = statistics->id, id;

	memset(statistics, 0, sizeof(*statistics));
	statistics->id = wanted;
	uls_lock_irq();
	for (id = 0; id < OSEXT_ULS_EXTENSIONS_MAX; id++) {
		if (!uls_extensions[id] || (wanted != OSEXT_ULS_NONE && wanted != id))
			continue;
		add(statistics, &uls_extensions[id]->statistics);
		statistics->condemned |= uls_extensions[id]->condemned;
		statistics->threads += uls_threads_alive(uls_extensions[id]);
	}
	uls_unlock_irq();
	statistics->hosts = atomic_read(&uls_hosts);
	uls_inject_statistics(statistics);
}
