// SPDX-License-Identifier: GPL-2.0
/*
 * Reservations: who gets one, how much of a CPU there is to reserve, and the open file
 * that each is.  The sum is held against one CPU, however many there are: nothing keeps
 * the threads from all being on the same.
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cpu.h"

#define PPM 1000000

static uint cpu_limit = 900;
module_param(cpu_limit, uint, 0444);
MODULE_PARM_DESC(cpu_limit, "permille of a CPU that the CPU service manager may reserve (default 900)");

static DEFINE_MUTEX(admission);

static u32 ppm(u64 part, u64 whole)
{
	return div64_u64(part * PPM + whole - 1, whole);
}

static bool is_dead(const struct safex_cpu_task *task)
{
	return READ_ONCE(task->task->flags) & PF_EXITING;
}

static u32 reserved(const struct safex_cpu_task *task)
{
	return task->share_ppm;
}

/* A timeslice above the target counts, one below does not make room. */
static u32 taken(const struct safex_cpu_task *task)
{
	return max(task->share_ppm, ppm(READ_ONCE(task->timeslice), task->period));
}

static u32 limit_ppm(void)
{
	return min(cpu_limit, 1000U) * (PPM / 1000);
}

DEFINE_SPINLOCK(safex_cpu_room);

u64 safex_cpu_longest(const struct safex_cpu_task *task)
{
	u32 others = safex_cpu_sum_others(task, taken), limit = limit_ppm();
	u64 longest = others < limit ? div_u64(task->period * (limit - others), PPM) : 0;

	return max(longest, task->target);
}

static bool is_own(const struct task_struct *thread)
{
	const struct cred *theirs;
	bool own;

	rcu_read_lock();
	theirs = __task_cred(thread);
	own = uid_eq(current_euid(), theirs->euid) || uid_eq(current_euid(), theirs->uid);
	rcu_read_unlock();
	return own;
}

static int check_request(const struct osext_safex_cpu_admit *request)
{
	if (request->reserved || request->flags & ~OSEXT_SAFEX_CPU_FLAGS ||
	    request->period_ns < OSEXT_SAFEX_CPU_PERIOD_MIN_NS ||
	    request->period_ns > OSEXT_SAFEX_CPU_PERIOD_MAX_NS ||
	    request->period_ns % OSEXT_SAFEX_CPU_SAMPLE_NS ||
	    request->target_ns < OSEXT_SAFEX_CPU_TARGET_MIN_NS ||
	    request->target_ns > request->period_ns)
		return -EINVAL;
	return 0;
}

static int check_thread(struct task_struct *thread)
{
	if (!capable(CAP_SYS_NICE) || (!is_own(thread) && !capable(CAP_SYS_ADMIN)))
		return -EPERM;
	if (thread->flags & PF_EXITING)
		return -ESRCH;
	if (thread->flags & PF_KTHREAD || is_global_init(thread) ||
	    (thread->policy != SCHED_NORMAL && thread->policy != SCHED_BATCH &&
	     thread->policy != SCHED_IDLE && thread->policy != SCHED_FIFO && thread->policy != SCHED_RR))
		return -EINVAL;
	return 0;
}

/* A free place, or an error.  Under the mutex. */
static int find_place(const struct task_struct *thread, u32 share)
{
	int place, free = -EMFILE;

	for (place = OSEXT_SAFEX_CPU_TASKS_MAX - 1; place >= 0; place--) {
		struct safex_cpu_task *other = safex_cpu_task_at(place);

		if (!other)
			free = place;
		else if (other->task == thread)
			return -EEXIST;
	}
	if (free >= 0 && safex_cpu_sum_others(NULL, reserved) + share > limit_ppm())
		return -EBUSY;
	return free;
}

static struct safex_cpu_task *make(struct task_struct *thread, const struct osext_safex_cpu_admit *request)
{
	struct safex_cpu_task *task = kzalloc(sizeof(*task), GFP_KERNEL);

	if (!task)
		return NULL;
	refcount_set(&task->references, 1);
	spin_lock_init(&task->lock);
	task->task = get_task_struct(thread);
	task->owner = current_euid();
	task->flags = request->flags;
	task->target = request->target_ns;
	task->period = request->period_ns;
	task->period_samples = div_u64(task->period, OSEXT_SAFEX_CPU_SAMPLE_NS);
	task->share_ppm = ppm(task->target, task->period);
	task->timeslice = task->target;
	task->counts.least_timeslice_ns = task->target;
	task->had_before = task->target;
	task->began = safex_cpu_time(thread);
	task->period_began = task->began;
	osext_cpu_begin_history(&task->history, task->began, task->target, task->period_samples);
	safex_cpu_priority_begin(task);
	return task;
}

/* Everything about the thread is as it was.  Under the mutex, may sleep. */
static void end(u32 place, struct safex_cpu_task *task)
{
	safex_cpu_let_go(place);
	safex_cpu_class_end(task);
	safex_cpu_priority_end(task);
	safex_cpu_unblock_for_good(task);
	safex_cpu_put(task);
}

static int reservation_release(struct inode *inode, struct file *file)
{
	struct safex_cpu_task *task = file->private_data;
	u32 place;

	mutex_lock(&admission);
	for (place = 0; safex_cpu_task_at(place) != task; place++)
		;
	end(place, task);
	mutex_unlock(&admission);
	return 0;
}

void safex_cpu_tell(struct safex_cpu_task *task, struct osext_safex_cpu_statistics *statistics)
{
	u64 now = safex_cpu_time(task->task);

	spin_lock_bh(&task->lock);
	*statistics = task->counts;
	statistics->timeslice_ns = task->timeslice;
	if (!is_dead(task))
		statistics->state |= OSEXT_SAFEX_CPU_ALIVE;
	if (task->blocked)
		statistics->state |= OSEXT_SAFEX_CPU_BLOCKED;
	if (task->unsafe)
		statistics->state |= OSEXT_SAFEX_CPU_UNSAFE;
	if (READ_ONCE(task->raised))
		statistics->state |= OSEXT_SAFEX_CPU_RAISED;
	spin_unlock_bh(&task->lock);
	statistics->pid = is_dead(task) ? 0 : task_pid_vnr(task->task);
	statistics->target_ns = task->target;
	statistics->period_ns = task->period;
	statistics->used_ns = now - task->began;
}

static long reservation_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct safex_cpu_task *task = file->private_data;
	struct osext_safex_cpu_statistics statistics;

	if (command == OSEXT_SAFEX_CPU_CLASS)
		return safex_cpu_class(task);
	if (command != OSEXT_SAFEX_CPU_GET_STATISTICS)
		return -ENOTTY;
	safex_cpu_tell(task, &statistics);
	return copy_to_user((void __user *)argument, &statistics, sizeof(statistics)) ? -EFAULT : 0;
}

static const struct file_operations reservation_operations = {
	.owner = THIS_MODULE,
	.release = reservation_release,
	.unlocked_ioctl = reservation_ioctl,
	.llseek = noop_llseek,
};

/* Under the mutex.  The reservation's file, or an error. */
static int reserve(struct task_struct *thread, const struct osext_safex_cpu_admit *request)
{
	int place = find_place(thread, ppm(request->target_ns, request->period_ns)), file;
	struct safex_cpu_task *task;

	if (place < 0)
		return place;
	task = make(thread, request);
	if (!task)
		return -ENOMEM;
	/* What others have beyond their targets is not theirs: from the next sample on they may ask for what is left. */
	spin_lock_bh(&safex_cpu_room);
	safex_cpu_trim_all();
	safex_cpu_manage(place, task);
	spin_unlock_bh(&safex_cpu_room);
	file = anon_inode_getfd("[osext_safex_cpu]", &reservation_operations, task, O_RDWR | O_CLOEXEC);
	if (file < 0)
		end(place, task);
	return file;
}

static long admit(const void __user *argument)
{
	struct osext_safex_cpu_admit request;
	struct task_struct *thread;
	struct pid *pid;
	long result;

	if (copy_from_user(&request, argument, sizeof(request)))
		return -EFAULT;
	result = check_request(&request);
	if (result)
		return result;
	pid = find_get_pid(request.pid);
	thread = get_pid_task(pid, PIDTYPE_PID);
	put_pid(pid);
	if (!thread)
		return -ESRCH;
	result = check_thread(thread);
	if (!result && mutex_lock_killable(&admission))
		result = -EINTR;
	if (!result) {
		result = reserve(thread, &request);
		mutex_unlock(&admission);
	}
	put_task_struct(thread);
	return result;
}

static long list(void __user *argument)
{
	struct osext_safex_cpu_list *result = kzalloc(sizeof(*result), GFP_KERNEL);
	u32 place;
	long error;

	if (!result)
		return -ENOMEM;
	if (mutex_lock_killable(&admission)) {
		kfree(result);
		return -EINTR;
	}
	result->limit_permille = limit_ppm() / (PPM / 1000);
	result->reserved_permille = DIV_ROUND_UP(safex_cpu_sum_others(NULL, reserved), PPM / 1000);
	for (place = 0; place < OSEXT_SAFEX_CPU_TASKS_MAX; place++) {
		struct safex_cpu_task *task = safex_cpu_task_at(place);

		if (task && (uid_eq(task->owner, current_euid()) || capable(CAP_SYS_ADMIN)))
			safex_cpu_tell(task, &result->tasks[result->count++]);
	}
	mutex_unlock(&admission);
	safex_cpu_manager_counts(result);
	error = copy_to_user(argument, result, sizeof(*result)) ? -EFAULT : 0;
	kfree(result);
	return error;
}

long safex_cpu_ioctl(unsigned int command, void __user *argument)
{
	switch (command) {
	case OSEXT_SAFEX_CPU_ADMIT:
		return admit(argument);
	case OSEXT_SAFEX_CPU_LIST:
		return list(argument);
	}
	return -ENOTTY;
}

int safex_cpu_init(void)
{
	int error = safex_cpu_compat_init();

	if (error)
		return error;
	safex_cpu_manager_init();
	return safex_cpu_priority_init();
}

/* No reservation is left; threads may still be on their way out of park(). */
void safex_cpu_exit(void)
{
	safex_cpu_manager_exit();
	safex_cpu_priority_exit();
	synchronize_rcu_tasks();
}
