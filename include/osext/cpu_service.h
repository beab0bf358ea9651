/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The CPU service manager's arithmetic: what monitor, handler and guard of the
 * slides compute, the same for whoever manages: a process, an eBPF program, the
 * kernel, code in a sandbox.
 *
 * Every OSEXT_CPU_SAMPLE_NS the manager learns how much CPU time a task has had
 * and decides whether it may go on:
 *
 *   monitor  error = target - what the task had in the last period
 *   handler  adjustment = PID function of the error
 *   guard    timeslice = max(0, target + adjustment); a task that has had more
 *            than its share of this period and the one before is blocked
 *
 * A task may run while it has had less than its timeslice in this period and
 * the guard does not block it.
 *
 * 64-bit integers only, and no signed division, which eBPF has not.  Context:
 * any; nothing here sleeps, allocates or locks.
 */
#ifndef OSEXT_CPU_SERVICE_H
#define OSEXT_CPU_SERVICE_H

#include <linux/types.h>

#define OSEXT_CPU_SAMPLE_NS 10000000ULL /* the slides: every 10 ms */

/* Real-time priorities.  The slides: tasks 80 x target / period, manager and
 * disturbance 96, kernel daemons 97.  Ours: a task that is raised above the
 * disturbance, and who raises it, since he must be able to lower it again. */
#define OSEXT_CPU_TASK_PRIORITY_SCALE 80
#define OSEXT_CPU_HOG_PRIORITY 96
#define OSEXT_CPU_DAEMON_PRIORITY 97
#define OSEXT_CPU_RAISED_PRIORITY 97
#define OSEXT_CPU_ACTUATOR_PRIORITY 98

/* Gains of the PID function, in 1/1024.  Nobody has published any: these are
 * ours, chosen by trying on the simulated machine. */
#define OSEXT_CPU_GAIN_SHIFT 10
#define OSEXT_CPU_KP 8
#define OSEXT_CPU_KI 4
#define OSEXT_CPU_KD 32

/* How a task's CPU time went: its total at each of the last samples. */
#define OSEXT_CPU_HISTORY 256 /* a power of two; periods of up to 255 samples */

/* The PID function, two forms of it. */
#define OSEXT_CPU_PID_PRINTED 0	 /* as on the slides: integrates the P term, too */
#define OSEXT_CPU_PID_TEXTBOOK 1 /* the velocity form of textbooks */

struct osext_cpu_pid {
	__s64 error_ns;		/* the last one, e[n-1] */
	__s64 error_before_ns;	/* e[n-2] */
	__s64 adjustment_ns;	/* u[n-1] */
};

/*
 * u[n] of the new error.  It never gets further than `limit_ns` from 0: a task
 * that cannot have its target for a while must not save up for later.
 */
static inline __s64 osext_cpu_adjust(struct osext_cpu_pid *pid, __u32 form,
				     __s64 error_ns, __s64 limit_ns)
{
	const __s64 e = error_ns, e1 = pid->error_ns, e2 = pid->error_before_ns;
	__s64 change, u;

	if (form == OSEXT_CPU_PID_PRINTED)
		change = (OSEXT_CPU_KP + OSEXT_CPU_KD + OSEXT_CPU_KI) * e -
			 OSEXT_CPU_KD * e1;
	else
		change = OSEXT_CPU_KP * (e - e1) + OSEXT_CPU_KI * e +
			 OSEXT_CPU_KD * (e - 2 * e1 + e2);
	u = pid->adjustment_ns + (change >> OSEXT_CPU_GAIN_SHIFT);
	if (u > limit_ns)
		u = limit_ns;
	if (u < -limit_ns)
		u = -limit_ns;
	pid->error_before_ns = e1;
	pid->error_ns = e;
	pid->adjustment_ns = u;
	return u;
}

/* The guard's first rule: what a task may have in this period. */
static inline __u64 osext_cpu_timeslice(__u64 target_ns, __s64 adjustment_ns)
{
	const __s64 timeslice_ns = (__s64)target_ns + adjustment_ns;

	return timeslice_ns > 0 ? (__u64)timeslice_ns : 0;
}

/* Its second: the average utilization over two periods, this one and the one
 * before, is not above the target's. */
static inline int osext_cpu_is_qos_safe(__u64 had_before_ns, __u64 had_now_ns,
					__u64 target_ns)
{
	return had_before_ns + had_now_ns <= 2 * target_ns;
}

struct osext_cpu_history {
	__u64 total_ns[OSEXT_CPU_HISTORY];
	__u32 newest;
	__u32 reserved;
};

/* As if the task had had its target evenly until now: so that the first errors
 * say something.  Differences are modulo 2^64. */
static inline void osext_cpu_begin_history(struct osext_cpu_history *history,
					   __u64 total_ns, __u64 target_ns,
					   __u32 period_samples)
{
	__u32 i;

	history->newest = 0;
	for (i = 0; i < OSEXT_CPU_HISTORY; i++)
		history->total_ns[(OSEXT_CPU_HISTORY - i) & (OSEXT_CPU_HISTORY - 1)] =
			total_ns - target_ns * i / period_samples;
}

static inline void osext_cpu_note(struct osext_cpu_history *history,
				  __u64 total_ns)
{
	history->newest = (history->newest + 1) & (OSEXT_CPU_HISTORY - 1);
	history->total_ns[history->newest] = total_ns;
}

/* What the task has had in the last so many samples. */
static inline __u64 osext_cpu_had(const struct osext_cpu_history *history,
				  __u32 samples)
{
	const __u32 then = (history->newest - samples) & (OSEXT_CPU_HISTORY - 1);

	return history->total_ns[history->newest] - history->total_ns[then];
}

/* All of it together, for managers that keep a task's state in one place. */
struct osext_cpu_task {
	__u64 target_ns;
	__u32 period_samples; /* the period, in samples: at most OSEXT_CPU_HISTORY - 1 */
	__u32 form;	      /* OSEXT_CPU_PID_... */
	__u32 sample;	      /* since this period began */
	__u32 blocked;	      /* by the guard, now */
	__u64 begin_ns;	      /* the task's total when this period began */
	__u64 had_before_ns;  /* in the period before */
	__u64 timeslice_ns;
	struct osext_cpu_pid pid;
	struct osext_cpu_history history;
};

static inline void osext_cpu_begin(struct osext_cpu_task *task, __u64 total_ns)
{
	task->sample = 0;
	task->blocked = 0;
	task->begin_ns = total_ns;
	task->had_before_ns = task->target_ns;
	task->timeslice_ns = task->target_ns;
	task->pid.error_ns = 0;
	task->pid.error_before_ns = 0;
	task->pid.adjustment_ns = 0;
	osext_cpu_begin_history(&task->history, total_ns, task->target_ns,
				task->period_samples);
}

/* One sample: monitor, handler and guard.  `passed` samples have passed since
 * the last one; more than one, when the manager was late.  True if the task may
 * run on. */
static inline int osext_cpu_sample(struct osext_cpu_task *task, __u64 total_ns,
				   __u32 passed)
{
	__u64 had_ns;
	__s64 error_ns;

	while (passed-- > 0) {
		osext_cpu_note(&task->history, total_ns);
		if (++task->sample < task->period_samples)
			continue;
		task->sample = 0;
		task->had_before_ns = total_ns - task->begin_ns;
		task->begin_ns = total_ns;
	}
	error_ns = (__s64)(task->target_ns -
			   osext_cpu_had(&task->history, task->period_samples));
	task->timeslice_ns = osext_cpu_timeslice(
		task->target_ns, osext_cpu_adjust(&task->pid, task->form, error_ns,
						  (__s64)task->target_ns));
	had_ns = total_ns - task->begin_ns;
	task->blocked = !osext_cpu_is_qos_safe(task->had_before_ns, had_ns,
					       task->target_ns);
	return !task->blocked && had_ns < task->timeslice_ns;
}

#endif
