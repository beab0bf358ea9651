/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * SafeX's CPU service manager: what the kernel module and whoever has threads managed
 * agree on.
 *
 *   reservation  target_ns of CPU time in every period_ns for one thread, as with
 *                SCHED_DEADLINE; ADMIT gives an open file that stands for it.  Closing
 *                it, or the death of everybody who has it, ends the reservation and
 *                gives the thread its own scheduling back.
 *   sample       every OSEXT_SAFEX_CPU_SAMPLE_NS the manager reads what each thread used
 *   timeslice    what a thread may use of the present period: the target, and what
 *                its extensions add or take away as far as the guard lets them
 *   blocked      a thread whose timeslice is spent runs no instruction of its program
 *                before the next period.  Signals wait until then, fatal ones do not.
 *   raised       with OSEXT_SAFEX_CPU_RAISE a thread with time left is scheduled at
 *                OSEXT_SAFEX_CPU_PRIORITY, and as before when it is spent.  What
 *                it forks is neither managed nor raised.
 */
#ifndef OSEXT_SAFEX_CPU_H
#define OSEXT_SAFEX_CPU_H

#include <linux/ioctl.h>
#include <linux/types.h>

#include <osext/safex.h>

#define OSEXT_SAFEX_CPU_TASKS_MAX 16
#define OSEXT_SAFEX_CPU_SAMPLE_NS 10000000	/* how often the manager looks */
#define OSEXT_SAFEX_CPU_TARGET_MIN_NS 1000000
#define OSEXT_SAFEX_CPU_PERIOD_MIN_NS 50000000	/* whole samples */
#define OSEXT_SAFEX_CPU_PERIOD_MAX_NS 2000000000
#define OSEXT_SAFEX_CPU_PRIORITY 97	/* SCHED_FIFO: that of raised threads */

/* Flags of a reservation. */
#define OSEXT_SAFEX_CPU_RAISE 1	/* raise the thread's priority while it has time left */
#define OSEXT_SAFEX_CPU_KEEP 2	/* never block it: count, adapt and raise only */
#define OSEXT_SAFEX_CPU_FLAGS 3

/* Attributes and events of the class, by number and by the name in the comment. */
#define OSEXT_SAFEX_CPU_TARGET 0	/* target_cpu: ns in a period; nobody writes it */
#define OSEXT_SAFEX_CPU_ACTUAL 1	/* actual_cpu: ns in the last so many samples; nobody writes it */
#define OSEXT_SAFEX_CPU_ADJUSTMENT 2	/* timeslice_adjustment: guarded */
#define OSEXT_SAFEX_CPU_SAMPLE 0	/* sample: every OSEXT_SAFEX_CPU_SAMPLE_NS; the value counts samples */
#define OSEXT_SAFEX_CPU_ERROR 1	/* error: for the monitor to raise */

/* What a thread is at the moment. */
#define OSEXT_SAFEX_CPU_ALIVE 1
#define OSEXT_SAFEX_CPU_BLOCKED 2	/* its timeslice is spent, or it is not QoS safe */
#define OSEXT_SAFEX_CPU_RAISED 4
#define OSEXT_SAFEX_CPU_UNSAFE 8	/* in this period and the one before it had more than its target, on average */

struct osext_safex_cpu_admit {
	__u32 pid;	/* of a thread, in the caller's pid namespace */
	__u32 flags;
	__u64 target_ns;
	__u64 period_ns;
	__u64 reserved;
};

struct osext_safex_cpu_statistics {
	__u32 pid;	/* in the caller's pid namespace; 0: not there, or it is over */
	__u32 state;
	__u64 target_ns;
	__u64 period_ns;
	__u64 used_ns;	/* since it was admitted */
	__u64 timeslice_ns;	/* as last set by the guard */
	__u64 samples;
	__u64 periods;
	__u64 blocks;	/* times it was blocked */
	__u64 unsafe;	/* samples at which it was not QoS safe */
	__u64 unsafe_blocked;	/* ... and was blocked */
	__u64 raises;
	__u64 lowers;
	__u64 refused;	/* changes of priority that the scheduler refused */
	__u64 overrun_max_ns;	/* most that it used beyond a period's timeslice */
	__u64 trimmed;	/* timeslices that the guard cut, because others have reserved the rest */
	__s64 least_timeslice_ns;	/* that the guard ever set */
};

struct osext_safex_cpu_list {
	__u32 count;	/* of threads that follow: the caller's own, for root all */
	__u32 limit_permille;	/* of a CPU, that may be reserved */
	__u32 reserved_permille;	/* that is */
	__u32 reserved;
	__u64 samples;	/* of the manager, since the module was loaded */
	__u64 busy_ns;	/* time spent in them */
	__u64 changing_ns;	/* CPU time of the kernel thread that changes priorities */
	__u64 by_thread;	/* times that it took the samples, because the bottom half did not */
	struct osext_safex_cpu_statistics tasks[OSEXT_SAFEX_CPU_TASKS_MAX];
};

/*
 * Of the device.  Answers the new file, or -EPERM: needs CAP_SYS_NICE, and the thread
 * must be the caller's or the caller root; -EBUSY: more would be reserved than the
 * limit; -EEXIST: it is managed already; -EMFILE: too many; -ESRCH; -EINVAL: also a
 * kernel thread, init, or scheduled by deadline.
 */
#define OSEXT_SAFEX_CPU_ADMIT _IOW(OSEXT_SAFEX_MAGIC, 64, struct osext_safex_cpu_admit)
#define OSEXT_SAFEX_CPU_LIST _IOR(OSEXT_SAFEX_MAGIC, 65, struct osext_safex_cpu_list)

/*
 * Of a reservation: its attribute class, for extensions that adapt it (GRANT and BIND of
 * osext/safex.h).  Answers the class's file, whose end ends the class only; -EBUSY: there
 * is one.  The thread's timeslice is its target until a handler changes it.
 */
#define OSEXT_SAFEX_CPU_CLASS _IO(OSEXT_SAFEX_MAGIC, 73)
#define OSEXT_SAFEX_CPU_GET_STATISTICS _IOR(OSEXT_SAFEX_MAGIC, 72, struct osext_safex_cpu_statistics)

OSEXT_SAFEX_ASSERT(sizeof(struct osext_safex_cpu_admit) == 32, "safex cpu admit");
OSEXT_SAFEX_ASSERT(sizeof(struct osext_safex_cpu_statistics) == 128, "safex cpu statistics");
OSEXT_SAFEX_ASSERT(sizeof(struct osext_safex_cpu_list) == 48 + 16 * 128, "safex cpu list");

#endif
