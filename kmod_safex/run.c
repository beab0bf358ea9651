// SPDX-License-Identifier: GPL-2.0
/* One run of an extension, in a bottom half: begun, bounded, and cleaned up after. */
#include <linux/filter.h>
#include <linux/rcupdate.h>
#include <linux/stddef.h>
#include <net/net_namespace.h>
#include <asm/tsc.h>

#include "run.h"

static_assert(offsetof(struct safex_run, stack) == SAFEX_RUN_STACK);
static_assert(offsetof(struct safex_run, result) == SAFEX_RUN_RESULT);

DEFINE_PER_CPU(struct safex_run, safex_runs);

/* The program's type wants a packet: there is one, without a byte. */
static void init_context(struct safex_run *run)
{
	run->receive_queue.dev = init_net.loopback_dev;	/* programs may ask for its number */
	run->transmit_queue.dev = init_net.loopback_dev;
	run->context.rxq = &run->receive_queue;
	run->context.txq = &run->transmit_queue;
	run->context.data_hard_start = run->frame;
	run->context.data = run->frame;
	run->context.data_end = run->frame;
	run->context.data_meta = run->frame + 1;	/* past the data: there is none */
	run->context.frame_sz = sizeof(run->frame);
}

void safex_run_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		init_context(per_cpu_ptr(&safex_runs, cpu));
}

/* The reservation is for so many invocations a period; periods begin with a run. */
static bool has_reservation(struct safex_extension *extension, u64 now)
{
	u64 begun = READ_ONCE(extension->period_begun);

	if (unlikely(now - begun >= extension->period_cycles)) {
		if (cmpxchg64(&extension->period_begun, begun, now) == begun)
			atomic_set(&extension->used, 0);
	}
	return likely(atomic_inc_return(&extension->used) <= extension->invocations);
}

/* What an aborted run had in its hands. */
static noinline void release_held(struct safex_run *run)
{
	if (!safex_is_on(SAFEX_RELEASE))
		return;
	atomic64_add(run->held, &run->extension->released);
	run->held = 0;
}

static noinline void account_abort(struct safex_run *run)
{
	struct safex_extension *extension = run->extension;
	u64 time = run->aborted_at - run->begun, overrun;
	s64 known = atomic64_read(&extension->longest_overrun);

	overrun = time > extension->budget_cycles ? time - extension->budget_cycles : 0;
	while ((s64)overrun > known &&
	       !atomic64_try_cmpxchg(&extension->longest_overrun, &known, overrun))
		;
	if (run->in_function)
		atomic64_inc(&extension->aborts_in_function);
	if (atomic64_inc_return(&extension->aborts) >= OSEXT_SAFEX_ABORTS_MAX)
		safex_condemn(extension);
}

void safex_run_once(struct safex_run *run, struct safex_extension *extension, u32 set, s64 value)
{
	const struct bpf_prog *program = extension->program;
	u64 now = rdtsc();

	if (unlikely(READ_ONCE(extension->stopped)))
		return;
	if (unlikely(!has_reservation(extension, now)) && safex_is_on(SAFEX_INVOCATIONS)) {
		atomic64_inc(&extension->throttled);
		return;
	}
	atomic64_inc(&extension->runs);
	run->extension = extension;
	run->slots = extension->slots[set];
	run->set = set;
	run->value = value;
	run->begun = now;
	safex_budget_start(run, extension);
	WRITE_ONCE(run->running, true);
	barrier();
	safex_enter(&run->context, program->insnsi, program->bpf_func, run);
	barrier();
	WRITE_ONCE(run->running, false);
	safex_budget_stop(run, extension);
	if (unlikely(run->held))
		release_held(run);
	if (unlikely(run->aborted)) {
		account_abort(run);
		run->outcome->aborted++;
		run->outcome->aborted_at = run->aborted_at;
	} else {
		run->outcome->runs++;
	}
}
