// SPDX-License-Identifier: GPL-2.0
/*
 * The device.  Anybody may open it and join; loading takes root or a grant by root,
 * and an extension obeys the open file that loaded it, and root.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "uls.h"

#define GRANTS_MAX 16

static kuid_t grants[GRANTS_MAX];	/* under uls_mutex, as the number */
static u32 grant_count;

static bool may_load(void)
{
	u32 i;

	for (i = 0; i < grant_count; i++)
		if (uid_eq(grants[i], current_euid()))
			return true;
	return capable(CAP_SYS_ADMIN);
}

static int grant(const struct osext_uls_grant *argument)
{
	kuid_t user = make_kuid(current_user_ns(), argument->uid);
	u32 i;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (argument->flags & ~OSEXT_ULS_REVOKE || !uid_valid(user))
		return -EINVAL;
	for (i = 0; i < grant_count && !uid_eq(grants[i], user); i++)
		;
	if (argument->flags & OSEXT_ULS_REVOKE) {
		if (i == grant_count)
			return -ENOENT;
		grants[i] = grants[--grant_count];
		return 0;
	}
	if (i < grant_count)
		return -EEXIST;
	if (i == GRANTS_MAX)
		return -ENOSPC;
	grants[grant_count++] = user;
	return 0;
}

static int load(struct file *file, void __user *argument)
{
	struct osext_uls_load request;
	int error;

	if (copy_from_user(&request, argument, sizeof(request)))
		return -EFAULT;
	if (!may_load())
		return -EPERM;
	error = uls_load(file, &request);
	if (error)
		return error;
	if (copy_to_user(argument, &request, sizeof(request))) {
		uls_unload(uls_find(request.id));
		return -EFAULT;
	}
	return 0;
}

/* -ENOENT: there is none; -EPERM: it is somebody else's. */
static struct uls_extension *find_own(struct file *file, u32 id)
{
	struct uls_extension *extension = uls_find(id);

	if (!extension)
		return ERR_PTR(-ENOENT);
	if (extension->session != file && !capable(CAP_SYS_ADMIN))
		return ERR_PTR(-EPERM);
	return extension;
}

static int statistics(struct file *file, void __user *argument)
{
	struct osext_uls_statistics result;
	struct uls_extension *extension;

	if (copy_from_user(&result, argument, sizeof(result)))
		return -EFAULT;
	if (result.id != OSEXT_ULS_NONE) {
		extension = find_own(file, result.id);
		if (IS_ERR(extension))
			return PTR_ERR(extension);
	}
	uls_statistics(&result);
	return copy_to_user(argument, &result, sizeof(result)) ? -EFAULT : 0;
}

/* What is about an extension that exists: every request begins with its id. */
static int about_extension(struct file *file, unsigned int command, void __user *argument)
{
	union {
		u32 id;
		struct osext_uls_copy copy;
		struct osext_uls_start start;
		struct osext_uls_bind bind;
		struct osext_uls_thread thread;
		struct osext_uls_unload unload;
	} request;
	struct uls_extension *extension;

	if (copy_from_user(&request, argument, _IOC_SIZE(command)))
		return -EFAULT;
	extension = find_own(file, request.id);
	if (IS_ERR(extension))
		return PTR_ERR(extension);
	switch (command) {
	case OSEXT_ULS_WRITE:
		return uls_copy(extension, &request.copy, true);
	case OSEXT_ULS_READ:
		return uls_copy(extension, &request.copy, false);
	case OSEXT_ULS_START:
		return uls_start(extension, &request.start);
	case OSEXT_ULS_BIND:
		return uls_bind(extension, &request.bind);
	case OSEXT_ULS_THREAD:
		return uls_thread_start(extension, &request.thread);
	default:
		if (request.unload.reserved)
			return -EINVAL;
		uls_unload(extension);
		return 0;
	}
}

static int under_mutex(struct file *file, unsigned int command, void __user *argument)
{
	struct osext_uls_grant granted;

	switch (command) {
	case OSEXT_ULS_LOAD:
		return load(file, argument);
	case OSEXT_ULS_GET_STATISTICS:
		return statistics(file, argument);
	case OSEXT_ULS_GRANT:
		if (copy_from_user(&granted, argument, sizeof(granted)))
			return -EFAULT;
		return grant(&granted);
	case OSEXT_ULS_WRITE:
	case OSEXT_ULS_READ:
	case OSEXT_ULS_START:
	case OSEXT_ULS_BIND:
	case OSEXT_ULS_THREAD:
	case OSEXT_ULS_UNLOAD:
		return about_extension(file, command, argument);
	}
	return -ENOTTY;
}

static int get_raise(struct osext_uls_raise *raise, const struct osext_uls_raise __user *from)
{
	if (!user_access_begin(from, sizeof(*from)))
		return -EFAULT;
	unsafe_get_user(raise->id, &from->id, fault);
	unsafe_get_user(raise->number, &from->number, fault);
	unsafe_get_user(raise->value, &from->value, fault);
	user_access_end();
	return 0;
fault:
	user_access_end();
	return -EFAULT;
}

static long call(const struct osext_uls_rpc __user *from)
{
	struct osext_uls_rpc call;

	if (!user_access_begin(from, sizeof(*from)))
		return -EFAULT;
	unsafe_get_user(call.id, &from->id, fault);
	unsafe_get_user(call.number, &from->number, fault);
	unsafe_get_user(call.value, &from->value, fault);
	user_access_end();
	return uls_call(&call);
fault:
	user_access_end();
	return -EFAULT;
}

static long pass(const struct file *file, struct osext_uls_pass __user *argument)
{
	struct osext_uls_pass request;
	long error;

	if (copy_from_user(&request, argument, sizeof(request)))
		return -EFAULT;
	error = uls_pass(file, &request);
	return error ?: put_user(request.got, &argument->got);
}

static long device_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	void __user *from = (void __user *)argument;
	struct osext_uls_raise raise;
	struct osext_uls_join join;
	struct osext_uls_open open;
	long error;

	switch (command) {
	case OSEXT_ULS_RAISE:
		return get_raise(&raise, from) ?: uls_raise(&raise);
	case OSEXT_ULS_RPC:
		return call(from);
	case OSEXT_ULS_PASS:
		return pass(file, from);
	case OSEXT_ULS_JOIN:
		if (copy_from_user(&join, from, sizeof(join)))
			return -EFAULT;
		return join.flags || join.reserved ? -EINVAL : uls_join(false);
	case OSEXT_ULS_OPEN:
		if (copy_from_user(&open, from, sizeof(open)))
			return -EFAULT;
		return uls_try_open(&open);
	}
	if (mutex_lock_killable(&uls_mutex))
		return -EINTR;
	error = under_mutex(file, command, from);
	mutex_unlock(&uls_mutex);
	return error;
}

/* The last reference: the creator and its heirs are gone, and so are their extensions. */
static int device_release(struct inode *inode, struct file *file)
{
	u32 id;

	mutex_lock(&uls_mutex);
	for (id = 0; id < OSEXT_ULS_EXTENSIONS_MAX; id++)
		if (uls_extensions[id] && uls_extensions[id]->session == file)
			uls_unload(uls_extensions[id]);
	mutex_unlock(&uls_mutex);
	return 0;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.release = device_release,
	.unlocked_ioctl = device_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "osext_uls",
	.fops = &operations,
	.mode = 0666,
};

int uls_device_init(void)
{
	return misc_register(&device);
}

void uls_device_exit(void)
{
	misc_deregister(&device);
}
