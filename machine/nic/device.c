// SPDX-License-Identifier: GPL-2.0
/* The control device: a plan comes in by ioctl() and is checked, counters go out. */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "nic.h"

static bool stream_is_sound(const struct osext_nic_stream *stream, u64 now_ns)
{
	return stream->rate_pps && stream->rate_pps <= OSEXT_NIC_MAX_RATE_PPS && stream->port &&
	       stream->port <= U16_MAX && stream->packets && stream->packets <= OSEXT_NIC_MAX_PACKETS &&
	       stream->first_ns >= now_ns && stream->first_ns - now_ns <= OSEXT_NIC_MAX_LEAD_NS;
}

static bool plan_is_sound(const struct osext_nic_plan *plan)
{
	static const struct osext_nic_stream unused;
	u64 now_ns = ktime_get_ns();
	u32 i;

	if (plan->reserved || plan->streams > OSEXT_NIC_STREAMS ||
	    plan->moderation_ns > OSEXT_NIC_MAX_MODERATION_NS)
		return false;
	if (plan->streams && (!plan->ring_packets || plan->ring_packets > OSEXT_NIC_MAX_RING))
		return false;
	for (i = 0; i < plan->streams; i++)
		if (!stream_is_sound(&plan->stream[i], now_ns))
			return false;
	for (; i < OSEXT_NIC_STREAMS; i++)
		if (memcmp(&plan->stream[i], &unused, sizeof(unused)))
			return false;
	return true;
}

static long start(const void __user *from)
{
	struct osext_nic_plan *plan = memdup_user(from, sizeof(*plan));
	long error = -EINVAL;

	if (IS_ERR(plan))
		return PTR_ERR(plan);
	if (plan_is_sound(plan))
		error = nic_start(plan);
	kfree(plan);
	return error;
}

static long get_counters(void __user *to)
{
	struct osext_nic_counters counters;

	nic_read_counters(&counters);
	return copy_to_user(to, &counters, sizeof(counters)) ? -EFAULT : 0;
}

static long control(struct file *file, unsigned int command, unsigned long argument)
{
	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	switch (command) {
	case OSEXT_NIC_START:
		return start((const void __user *)argument);
	case OSEXT_NIC_GET_COUNTERS:
		return get_counters((void __user *)argument);
	}
	return -ENOTTY;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = control,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "osext_nic",
	.fops = &operations,
	.mode = 0600,
};

int nic_control_init(void)
{
	return misc_register(&device);
}

void nic_control_exit(void)
{
	misc_deregister(&device);
}
