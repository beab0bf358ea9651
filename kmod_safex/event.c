// SPDX-License-Identifier: GPL-2.0
/*
 * Events: the chain of runs that one from outside begins.  What an extension raises waits
 * until its run is over; how much can wait, and how long a chain can get, is bounded, so
 * storms and loops of events end.
 */
#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/llist.h>
#include <asm/msr.h>

#include <osext/marker.h>

#include "run.h"

/* Events from processes, for a CPU's bottom half. */
struct request {
	struct llist_node in_queue;
	struct safex_class *class;
	u32 event;
	s64 value;
	struct safex_outcome *outcome;
	struct completion done;
};

struct requests {
	struct llist_head waiting;
	struct tasklet_struct bottom_half;
};

static DEFINE_PER_CPU(struct requests, requests);

/* Context: bottom half, rcu_read_lock(). */
static __always_inline void run_bound(struct safex_run *run, struct safex_event *event, s64 value,
				      struct safex_extension *raiser)
{
	struct safex_binding *binding;

	hlist_for_each_entry_rcu(binding, &event->bindings, in_event) {
		if (unlikely(safex_chain_is_full(run))) {
			if (raiser)
				atomic64_inc(&raiser->cut);
			return;
		}
		run->chain_runs++;
		safex_run_once(run, binding->extension, binding->set, value);
	}
}

static void run_chain(struct safex_run *run)
{
	while (run->pending_count) {
		const struct safex_pending *pending = &run->pending[run->pending_first];
		struct safex_event *event = pending->event;
		struct safex_extension *raiser = pending->raiser;
		s64 value = pending->value;

		run->pending_first = (run->pending_first + 1) % OSEXT_SAFEX_QUEUE_MAX;
		run->pending_count--;
		run_bound(run, event, value, raiser);
	}
}

static void begin_chain(struct safex_run *run, struct safex_outcome *outcome)
{
	run->outcome = outcome;
	run->chain_runs = 0;
	run->pending_count = 0;
}

void safex_raise(struct safex_class *class, u32 event, s64 value, struct safex_outcome *outcome)
{
	struct safex_run *run = this_cpu_ptr(&safex_runs);

	rcu_read_lock();
	begin_chain(run, outcome);
	if (unlikely(outcome->marked)) {
		outcome->begun = rdtsc_ordered();
		OSEXT_MARK(OSEXT_MARK_BEGIN);
	}
	run_bound(run, &class->events[event], value, NULL);
	run_chain(run);
	if (unlikely(outcome->marked)) {
		OSEXT_MARK(OSEXT_MARK_END);
		outcome->ended = rdtsc_ordered();
	}
	rcu_read_unlock();
}

static void bottom_half(struct tasklet_struct *tasklet)
{
	struct requests *mine = container_of(tasklet, struct requests, bottom_half);
	struct llist_node *waiting = llist_reverse_order(llist_del_all(&mine->waiting));
	struct request *request, *next;

	llist_for_each_entry_safe(request, next, waiting, in_queue) {
		safex_raise(request->class, request->event, request->value, request->outcome);
		complete(&request->done);
	}
}

void safex_raise_and_wait(struct safex_class *class, u32 event, s64 value, struct safex_outcome *outcome)
{
	struct request request = { .class = class, .event = event, .value = value, .outcome = outcome };
	struct requests *mine;

	init_completion(&request.done);
	local_bh_disable();
	mine = this_cpu_ptr(&requests);
	llist_add(&request.in_queue, &mine->waiting);
	tasklet_schedule(&mine->bottom_half);
	local_bh_enable();	/* here it runs, unless ksoftirqd has to */
	wait_for_completion(&request.done);
}

int safex_raise_for_process(struct safex_class *class, struct osext_safex_raise *raise)
{
	struct safex_outcome outcome = { .marked = raise->flags & OSEXT_SAFEX_MARK };

	if (raise->flags & ~OSEXT_SAFEX_MARK || raise->reserved)
		return -EINVAL;
	if (raise->event >= class->event_count)
		return -ENOENT;
	safex_raise_and_wait(class, raise->event, raise->value, &outcome);
	raise->answer = outcome.answer;
	raise->runs = outcome.runs;
	raise->aborted = outcome.aborted;
	raise->begun = outcome.begun;
	raise->ended = outcome.ended;
	raise->aborted_at = outcome.aborted_at;
	return 0;
}

void safex_run_binding(struct safex_binding *binding, s64 value, struct safex_outcome *outcome)
{
	struct safex_run *run = this_cpu_ptr(&safex_runs);

	rcu_read_lock();
	begin_chain(run, outcome);
	run->chain_runs++;
	safex_run_once(run, binding->extension, binding->set, value);
	run_chain(run);
	rcu_read_unlock();
}

void safex_event_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		tasklet_setup(&per_cpu(requests, cpu).bottom_half, bottom_half);
}

/* No file is open, so nobody waits. */
void safex_event_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		tasklet_kill(&per_cpu(requests, cpu).bottom_half);
	rcu_barrier();	/* what is freed after a grace period is freed by the module's code */
}
