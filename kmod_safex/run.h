/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The runner's own: what is known about the run on each CPU, by the runner, the
 * functions that extensions call, and the timers that abort it.
 */
#ifndef OSEXT_SAFEX_RUN_H
#define OSEXT_SAFEX_RUN_H

#define SAFEX_RUN_STACK 0	/* offset of `stack`, for enter.S */
#define SAFEX_RUN_RESULT 8

#ifndef __ASSEMBLER__
#include <linux/percpu.h>
#include <net/xdp.h>

#include "kmod.h"

struct safex_pending {
	struct safex_event *event;	/* the chain is under rcu_read_lock() */
	s64 value;
	struct safex_extension *raiser;	/* NULL: no extension */
};

struct safex_run {
	unsigned long stack;	/* where an abort goes back to */
	u64 result;
	struct safex_extension *extension;
	struct safex_grant __rcu **slots;	/* of the binding's set */
	s64 value;		/* of the event */
	u32 set;
	bool running;		/* in the extension, or in what it called; interrupts off to clear it */
	bool due;		/* the budget is spent, but not where it could be aborted */
	bool aborted;
	bool in_function;	/* ... at the end of a function of the module */
	u32 ticks;		/* left, TICK */
	u32 retries;
	u64 begun;		/* time stamp */
	u64 aborted_at;		/* and this */
	u32 held;		/* references to capabilities, which last as long as the run at most */
	struct safex_outcome *outcome;
	u32 chain_runs;		/* since the event that came from outside */
	u32 pending_first, pending_count;
	struct safex_pending pending[OSEXT_SAFEX_QUEUE_MAX];

	bool ticking;		/* the tick runs; the rest too belongs to budget.c */
	u32 idle_ticks;
	struct hrtimer tick, deadline;

	struct xdp_buff context;	/* of the program's type, empty */
	struct xdp_rxq_info receive_queue;
	struct xdp_txq_info transmit_queue;
	u8 frame[64];
};

DECLARE_PER_CPU(struct safex_run, safex_runs);

/* run.c: one run, unless the extension may not.  Context: bottom half, rcu_read_lock(). */
void safex_run_once(struct safex_run *run, struct safex_extension *extension, u32 set, s64 value);
void safex_run_init(void);

/* enter.S */
void safex_enter(const void *context, const struct bpf_insn *instructions, void *function, struct safex_run *run);
void safex_abort_here(void);	/* not to be called: where an abort goes on */
void safex_leap(unsigned long stack);	/* to there; does not return */

/* budget.c */
void safex_budget_init(void);
void safex_budget_exit(void);
void safex_budget_start_timer(struct safex_run *run);
void safex_leave(struct safex_run *run);

/* Context: bottom half. */
static __always_inline void safex_budget_start(struct safex_run *run, struct safex_extension *extension)
{
	run->due = false;
	run->aborted = false;
	run->in_function = false;
	run->idle_ticks = 0;
	run->ticks = extension->budget_ticks;
	if (unlikely(extension->mode == OSEXT_SAFEX_HRTIMER || !READ_ONCE(run->ticking)))
		safex_budget_start_timer(run);
}

static __always_inline void safex_budget_stop(struct safex_run *run, struct safex_extension *extension)
{
	if (extension->mode == OSEXT_SAFEX_HRTIMER)
		hrtimer_cancel(&run->deadline);
	run->due = false;
}

static __always_inline bool safex_chain_is_full(const struct safex_run *run)
{
	return run->chain_runs >= OSEXT_SAFEX_CHAIN_MAX * (safex_is_on(SAFEX_CHAINS) ? 1 : 100);
}

/* From a run: the event waits until the run is over. */
static __always_inline int safex_raise_later(struct safex_run *run, struct safex_event *event, s64 value)
{
	struct safex_pending *pending;

	if (unlikely(run->pending_count == OSEXT_SAFEX_QUEUE_MAX || safex_chain_is_full(run))) {
		atomic64_inc(&run->extension->cut);
		return -ENOBUFS;
	}
	pending = &run->pending[(run->pending_first + run->pending_count++) % OSEXT_SAFEX_QUEUE_MAX];
	pending->event = event;
	pending->value = value;
	pending->raiser = run->extension;
	atomic64_inc(&run->extension->raised);
	return 0;
}

/* At the begin and the end of what an extension calls, without a lock: its budget may be spent. */
static __always_inline void safex_leave_if_due(struct safex_run *run)
{
	if (unlikely(READ_ONCE(run->due)))
		safex_leave(run);
}

#endif /* __ASSEMBLER__ */
#endif
