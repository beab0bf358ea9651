/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The CPU service manager's parts and what they share.  Every 10 ms a softirq reads what
 * each managed thread used, lets its monitor and handler adapt the timeslice (class.c,
 * ../guards/timeslice.c), decides whether it may run (budget.c), and has that come true:
 * by parking the thread on its way to user mode (park.c), and by a kernel thread that
 * changes priorities (priority.c).  The arithmetic is that of every manager
 * (osext/cpu_service.h).
 */
#ifndef OSEXT_SAFEX_CPU_CPU_H
#define OSEXT_SAFEX_CPU_CPU_H

#include <linux/kthread.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <uapi/linux/sched/types.h>

#include <osext/cpu_service.h>
#include <osext/safex_cpu.h>

struct safex_class;

struct safex_cpu_task {
	struct task_struct *task;
	refcount_t references;	/* of the reservation, and of work that waits in the thread */
	u64 target, period;	/* ns */
	u32 period_samples, flags, share_ppm;
	kuid_t owner;	/* who had it admitted */

	spinlock_t lock;	/* bottom halves off: of all until `park` */
	struct osext_cpu_history history;
	u64 began, period_began;	/* CPU time at admission, and when the period began */
	u64 had_before;	/* in the period before */
	u64 timeslice;
	u32 sample;	/* of the period */
	bool unsafe;
	struct safex_class *class;	/* with a reference, or NULL */
	bool over;	/* the reservation ended: nothing begins any more */
	struct osext_safex_cpu_statistics counts;
	/* park.c */
	bool blocked;	/* wanted */
	bool queued;	/* the work waits in the thread, or runs */
	bool parked;	/* the thread sleeps in it */
	struct callback_head park;
	/* priority.c */
	bool raise_wanted;
	struct kthread_work change;
	bool raised;	/* by what is changed last; only `change` and the end look at it */
	struct sched_attr own;	/* its scheduling when it was admitted */
};

/* budget.c: the manager's softirq. */
void safex_cpu_account(struct safex_cpu_task *task, u32 samples);
void safex_cpu_enforce(struct safex_cpu_task *task);
/* Under task->lock: it had more than its target in this period and the one before, on average. */
bool safex_cpu_is_unsafe(const struct safex_cpu_task *task);

/* class.c */
int safex_cpu_class(struct safex_cpu_task *task);	/* makes one; its file, or an errno; may sleep */
void safex_cpu_class_end(struct safex_cpu_task *task);	/* nothing runs for it any more; may sleep */
void safex_cpu_adapt(struct safex_cpu_task *task);	/* monitor and handler, now; the manager's softirq */

/* park.c: under task->lock. */
void safex_cpu_block(struct safex_cpu_task *task);
void safex_cpu_unblock(struct safex_cpu_task *task);
/* May sleep; the thread is never blocked again. */
void safex_cpu_unblock_for_good(struct safex_cpu_task *task);
/* The last reference frees it.  Any context but interrupts. */
void safex_cpu_put(struct safex_cpu_task *task);

/* priority.c */
int safex_cpu_priority_init(void);
void safex_cpu_priority_exit(void);
void safex_cpu_priority_begin(struct safex_cpu_task *task);	/* notes how it is scheduled */
void safex_cpu_priority_want(struct safex_cpu_task *task, bool raised);	/* under task->lock */
void safex_cpu_priority_end(struct safex_cpu_task *task);	/* may sleep; as it was */
void safex_cpu_queue(struct kthread_work *work);	/* for the thread that changes priorities; any context */
u64 safex_cpu_priority_time(void);	/* CPU time spent in it, ns */

/* manager.c: under the admission's mutex, may sleep. */
void safex_cpu_manage(u32 place, struct safex_cpu_task *task);
void safex_cpu_let_go(u32 place);	/* the softirq does nothing to it any more */
void safex_cpu_manager_init(void);
void safex_cpu_manager_exit(void);
struct safex_cpu_task *safex_cpu_task_at(u32 place);
/* Of all threads alive but `task`.  Any context but interrupts. */
u32 safex_cpu_sum_others(const struct safex_cpu_task *task, u32 (*share)(const struct safex_cpu_task *));
void safex_cpu_trim_all(void);	/* no timeslice is longer than its target; under safex_cpu_room */
void safex_cpu_manager_counts(struct osext_safex_cpu_list *list);

/* admission.c */
/*
 * Guards and admission do not decide about the same room at once.  Taken before
 * task->lock, bottom halves off.
 */
extern spinlock_t safex_cpu_room;
u64 safex_cpu_longest(const struct safex_cpu_task *task);	/* timeslice that leaves the others theirs */
void safex_cpu_tell(struct safex_cpu_task *task, struct osext_safex_cpu_statistics *statistics);

/* compat.c: 0, or -ENOENT after a line in the kernel log. */
int safex_cpu_compat_init(void);
/* CPU time of a thread, ns, up to now.  Any context but interrupts. */
u64 safex_cpu_time(struct task_struct *task);
/* The work if it waited, which it does no more; NULL if it runs or ran. */
struct callback_head *safex_cpu_cancel_work(struct task_struct *task,
					    bool (*match)(struct callback_head *, void *), void *data);

/* ../module.c and ../device.c call these. */
int safex_cpu_init(void);
void safex_cpu_exit(void);
long safex_cpu_ioctl(unsigned int command, void __user *argument);	/* -ENOTTY: not of the manager */

#endif
