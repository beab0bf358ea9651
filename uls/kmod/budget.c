// SPDX-License-Identifier: GPL-2.0
/*
 * Budgets: an upcall that takes too long is aborted.
 *
 * One timer a CPU looks after whoever is in an upcall there.  It runs only while
 * upcalls happen, and an upcall that begins while it runs need not start it: the
 * timer's period is the shortest budget there is, so it runs out before the
 * upcall's budget does, and is then set to what is left.  Time counts while the
 * host is on a CPU; scheduling notifiers add it up (host.c).
 *
 * Context: interrupts off, but for init and exit.
 */
#include <linux/cpuhotplug.h>
#include <linux/math64.h>
#include <asm/tsc.h>

#include "uls.h"

static ktime_t from_time_stamps(u64 count)
{
	return ns_to_ktime(mul_u64_u32_div(count, 1000000, tsc_khz) + 1);
}

static enum hrtimer_restart run_out(struct hrtimer *timer)
{
	struct uls_cpu *cpu = container_of(timer, struct uls_cpu, watchdog);
	struct uls_host *host = cpu->host;
	u64 left = READ_ONCE(uls_shortest_budget);

	if (host && host->place == ULS_IN) {
		u64 used = host->spent + rdtsc() - host->begun;

		if (used >= host->extension->budget)
			host->verdict = OSEXT_ULS_ABORT_BUDGET;	/* seen on the way to user mode */
		else
			left = min(left, host->extension->budget - used);
	} else if (!cpu->used) {
		cpu->watching = false;
		return HRTIMER_NORESTART;
	}
	cpu->used = false;
	hrtimer_forward_now(timer, from_time_stamps(left));
	return HRTIMER_RESTART;
}

void uls_budget_start_timer(struct uls_cpu *cpu)
{
	cpu->watching = true;
	hrtimer_start(&cpu->watchdog, from_time_stamps(READ_ONCE(uls_shortest_budget)), HRTIMER_MODE_REL_PINNED_HARD);
}

static void renew(void *unused)
{
	struct uls_cpu *cpu = this_cpu_ptr(&uls_cpu);

	if (cpu->watching)
		uls_budget_start_timer(cpu);
}

/* An extension with a shorter budget was loaded: timers that run are set for longer.  May sleep. */
void uls_budget_renew(void)
{
	on_each_cpu(renew, NULL, 1);
}

void uls_budget_init(struct uls_cpu *cpu)
{
	hrtimer_init(&cpu->watchdog, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	cpu->watchdog.function = run_out;
}

void uls_budget_exit(struct uls_cpu *cpu)
{
	hrtimer_cancel(&cpu->watchdog);
}

/* A CPU comes back, and no host runs there yet: the timer that it had may have been moved to another one. */
static int cpu_starts(unsigned int id)
{
	struct uls_cpu *cpu = per_cpu_ptr(&uls_cpu, id);

	hrtimer_cancel(&cpu->watchdog);
	cpu->watching = false;
	return 0;
}

static int hotplug;

/* May sleep. */
int uls_budget_follow_cpus(void)
{
	hotplug = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "osext/uls:online", cpu_starts, NULL);
	return min(hotplug, 0);
}

/* May sleep. */
void uls_budget_leave_cpus(void)
{
	cpuhp_remove_state_nocalls(hotplug);
}
