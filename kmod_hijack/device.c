// SPDX-License-Identifier: GPL-2.0
/*
 * The device: one open file is one session, and ioctl() sets things up.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/irq_work.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "hijack.h"

static long wait_idle(struct hijack_session *session, const struct osext_hijack_wait *arguments)
{
	long left;

	if (current == session->thread)
		return -EBUSY;
	left = wait_event_interruptible_timeout(session->wait, READ_ONCE(session->ready) || READ_ONCE(session->dead),
						msecs_to_jiffies(min(arguments->timeout_ms, 60000U)));
	if (left < 0)
		return -EINTR;
	if (READ_ONCE(session->dead))
		return -ESRCH;
	return READ_ONCE(session->ready) ? 0 : -ETIMEDOUT;
}

static long get_statistics(struct hijack_session *session, void __user *to)
{
	struct osext_hijack_statistics statistics;

	if (mutex_lock_killable(&session->lock))
		return -EINTR;
	statistics = session->statistics;
	statistics.engine = hijack_by_entry ? OSEXT_HIJACK_ENGINE_ENTRY : OSEXT_HIJACK_ENGINE_DIRECT;
	if (session->private) {
		statistics.fast_traps = session->private->fast_traps;
		statistics.fast_resumes = session->private->fast_resumes;
		statistics.fast_faults = session->private->fast_faults;
	}
	mutex_unlock(&session->lock);
	return copy_to_user(to, &statistics, sizeof(statistics)) ? -EFAULT : 0;
}

static long device_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct hijack_session *session = file->private_data;
	void __user *from = (void __user *)argument;
	struct osext_hijack_attach attach;
	struct osext_hijack_wait wait;
	struct osext_hijack_join join;
	struct osext_hijack_read read;
	long error;

	switch (command) {
	case OSEXT_HIJACK_ATTACH:
		if (copy_from_user(&attach, from, sizeof(attach)))
			return -EFAULT;
		if (attach.flags & ~OSEXT_HIJACK_ATTACH_FLAGS)
			return -EINVAL;
		if (mutex_lock_killable(&session->lock))
			return -EINTR;
		error = hijack_attach(session, &attach);
		mutex_unlock(&session->lock);
		return error;
	case OSEXT_HIJACK_WAIT:
		if (copy_from_user(&wait, from, sizeof(wait)))
			return -EFAULT;
		return wait.reserved ? -EINVAL : wait_idle(session, &wait);
	case OSEXT_HIJACK_JOIN:
		if (copy_from_user(&join, from, sizeof(join)))
			return -EFAULT;
		return join.flags || join.reserved ? -EINVAL : hijack_join(session);
	case OSEXT_HIJACK_READ:
		/* A guest, with a descriptor that it was given or took, would read its executive. */
		if (hijack_guest_of(current))
			return -EPERM;
		if (copy_from_user(&read, from, sizeof(read)))
			return -EFAULT;
		if (mutex_lock_killable(&session->lock))
			return -EINTR;
		error = hijack_read_region(session, &read);
		mutex_unlock(&session->lock);
		return error;
	case OSEXT_HIJACK_GET_STATISTICS:
		return get_statistics(session, from);
	}
	return -ENOTTY;
}

/* Context: hard interrupt. */
static void nudge(struct irq_work *work)
{
	hijack_notify(container_of(work, struct hijack_session, nudge));
}

static int device_open(struct inode *inode, struct file *file)
{
	struct hijack_session *session;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	session = kzalloc(sizeof(*session), GFP_KERNEL);
	if (!session)
		return -ENOMEM;
	mutex_init(&session->lock);
	init_waitqueue_head(&session->wait);
	spin_lock_init(&session->spin);
	INIT_LIST_HEAD(&session->events);
	INIT_LIST_HEAD(&session->dying);
	init_irq_work(&session->nudge, nudge);
	INIT_WORK(&session->burial, hijack_bury);
	session->file = file;
	file->private_data = session;
	return 0;
}

/*
 * A descriptor is closed.  If the executive is dead, what is left of its session
 * goes first, so that the module can be unloaded right after.  May sleep.
 */
static int device_flush(struct file *file, fl_owner_t owner)
{
	struct hijack_session *session = file->private_data;

	if (!READ_ONCE(session->dead))
		return 0;
	/* Owners of guests end, each in its own time. */
	wait_event_killable_timeout(session->wait, READ_ONCE(session->buried) && !atomic_read(&session->living), HZ);
	return 0;
}

/* The last reference is gone, so no thread is attached and no address space maps us. */
static int device_release(struct inode *inode, struct file *file)
{
	struct hijack_session *session = file->private_data;

	irq_work_sync(&session->nudge);
	flush_work(&session->burial);
	if (session->thread)
		put_task_struct(session->thread);
	hijack_free_region(session);
	kfree(session);
	return 0;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = device_open,
	.flush = device_flush,
	.release = device_release,
	.mmap = hijack_mmap,
	.unlocked_ioctl = device_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "osext_hijack",
	.fops = &operations,
	.mode = 0600,
};

int hijack_device_init(void)
{
	return misc_register(&device);
}

void hijack_device_exit(void)
{
	misc_deregister(&device);
}
