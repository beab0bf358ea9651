// SPDX-License-Identifier: GPL-2.0
/*
 * Budgets: timers that abort a run whose time is spent.
 *
 * A run is aborted where it is: if the interrupt hit the program's own instructions,
 * it goes back to the runner instead of to them.  The program's callbacks may be called
 * by bpf_loop(), whose frame is given up with them: it holds nothing (check.c lets no
 * other function call back).  If the interrupt hit a function that the program called,
 * that one first comes to its end: the module's own look there (safex_leave_if_due), and
 * for the kernel's the timer tries again soon.
 */
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <asm/irq_regs.h>
#include <asm/msr.h>
#include <asm/ptrace.h>

#include "run.h"

#define IDLE_TICKS_MAX 16	/* without a run between them, and the tick stops */

static bool in_function(const struct bpf_prog *program, unsigned long ip)
{
	return ip - (unsigned long)program->bpf_func < program->jited_len;
}

static bool in_program(const struct bpf_prog *program, unsigned long ip)
{
	u32 i;

	if (!program->aux->func_cnt)
		return in_function(program, ip);
	for (i = 0; i < program->aux->func_cnt; i++)
		if (in_function(program->aux->func[i], ip))
			return true;
	return false;
}

/*
 * The budget is spent.  False: not now, try again.  Context: hard interrupt.
 * While `running` is set, what the interrupt hit on this CPU is the run: bottom halves do not
 * nest, and hard interrupts neither.
 */
static bool abort_run(struct safex_run *run)
{
	struct pt_regs *regs = get_irq_regs();

	if (regs && !user_mode(regs) && in_program(run->extension->program, regs->ip)) {
		regs->ip = (unsigned long)safex_abort_here;
		regs->sp = run->stack;
		WRITE_ONCE(run->running, false);
		run->aborted = true;
		run->aborted_at = rdtsc();
		return true;
	}
	WRITE_ONCE(run->due, true);
	return false;
}

/* From the end of a function that the program called.  Does not return if there is a run. */
void safex_leave(struct safex_run *run)
{
	local_irq_disable();
	run->due = false;
	if (!run->running) {
		local_irq_enable();
		return;
	}
	run->running = false;
	run->aborted = true;
	run->in_function = true;
	run->aborted_at = rdtsc();
	local_irq_enable();
	safex_leap(run->stack);
}

/* The intervals differ, so that a program in a loop is not met at the same place each time. */
static enum hrtimer_restart retry(struct hrtimer *timer, struct safex_run *run)
{
	hrtimer_forward_now(timer, ns_to_ktime(5000 + run->retries++ % 13 * 700));
	return HRTIMER_RESTART;
}

static enum hrtimer_restart deadline_passed(struct hrtimer *timer)
{
	struct safex_run *run = container_of(timer, struct safex_run, deadline);

	if (run != this_cpu_ptr(&safex_runs))
		return HRTIMER_NORESTART;	/* the CPU went offline */
	if (run->aborted)
		return HRTIMER_NORESTART;
	if (READ_ONCE(run->running) && abort_run(run))
		return HRTIMER_NORESTART;
	return retry(timer, run);	/* until the runner, which may not have begun, cancels it */
}

/*
 * A counter that each tick decrements, as in the slides.  The tick is a timer of the module:
 * the kernel's own stops on idle CPUs and has no hook.  It runs on while there are runs.
 */
static enum hrtimer_restart tick(struct hrtimer *timer)
{
	struct safex_run *run = container_of(timer, struct safex_run, tick);

	if (run != this_cpu_ptr(&safex_runs))
		return HRTIMER_NORESTART;
	if (READ_ONCE(run->running) && run->extension->mode == OSEXT_SAFEX_TICK) {
		run->idle_ticks = 0;
		if (run->ticks)
			run->ticks--;
		else if (!abort_run(run))
			return retry(timer, run);
	}
	hrtimer_forward_now(timer, ns_to_ktime(TICK_NSEC));
	if (++run->idle_ticks < IDLE_TICKS_MAX)
		return HRTIMER_RESTART;
	run->ticking = false;
	return HRTIMER_NORESTART;
}

/* Context: bottom half. */
void safex_budget_start_timer(struct safex_run *run)
{
	if (!safex_is_on(SAFEX_BUDGETS))
		return;
	if (run->extension->mode == OSEXT_SAFEX_HRTIMER) {
		run->retries = 0;
		hrtimer_start(&run->deadline, ns_to_ktime(run->extension->budget_ns), HRTIMER_MODE_REL_PINNED_HARD);
		return;
	}
	run->ticking = true;
	hrtimer_start(&run->tick, ns_to_ktime(TICK_NSEC), HRTIMER_MODE_REL_PINNED_HARD);
}

void safex_budget_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct safex_run *run = per_cpu_ptr(&safex_runs, cpu);

		hrtimer_init(&run->tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
		run->tick.function = tick;
		hrtimer_init(&run->deadline, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
		run->deadline.function = deadline_passed;
	}
}

void safex_budget_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		hrtimer_cancel(&per_cpu(safex_runs, cpu).tick);
		hrtimer_cancel(&per_cpu(safex_runs, cpu).deadline);
	}
}
