// SPDX-License-Identifier: GPL-2.0
/*
 * The device.  Anybody may open it and join; loading takes root or a grant by root,
 * and an extension obeys the open file that loaded it, and root.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
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

/* What a request says, copied from the caller's memory, and what it answers. */
struct request {
	union {
		u32 id;	/* what every request about an extension begins with */
		struct osext_uls_load load;
		struct osext_uls_copy copy;
		struct osext_uls_start start;
		struct osext_uls_bind bind;
		struct osext_uls_thread thread;
		struct osext_uls_unload unload;
		struct osext_uls_grant grant;
		struct osext_uls_statistics statistics;
	};
	void *copied;	/* WRITE, READ: the memory */
};

static bool is_known(unsigned int command)
{
	switch (command) {
	case OSEXT_ULS_LOAD:
	case OSEXT_ULS_GET_STATISTICS:
	case OSEXT_ULS_GRANT:
	case OSEXT_ULS_WRITE:
	case OSEXT_ULS_READ:
	case OSEXT_ULS_START:
	case OSEXT_ULS_BIND:
	case OSEXT_ULS_THREAD:
	case OSEXT_ULS_UNLOAD:
		return true;
	}
	return false;
}

/*
 * The caller's memory may be slow, and on purpose: nobody else waits for it, so it is
 * read before the mutex is taken, and written when that is released.
 */
static int fetch(struct request *request, unsigned int command, const void __user *argument)
{
	const struct osext_uls_copy *copy = &request->copy;

	request->copied = NULL;
	if (copy_from_user(request, argument, _IOC_SIZE(command)))
		return -EFAULT;
	if (command != OSEXT_ULS_WRITE && command != OSEXT_ULS_READ)
		return 0;
	if (copy->bytes > OSEXT_ULS_PAGE_BYTES)
		return -EINVAL;
	request->copied = kvmalloc(copy->bytes, GFP_KERNEL_ACCOUNT);
	if (!request->copied)
		return -ENOMEM;
	if (command == OSEXT_ULS_WRITE &&
	    copy_from_user(request->copied, (const void __user *)copy->memory, copy->bytes)) {
		kvfree(request->copied);
		return -EFAULT;
	}
	return 0;
}

/* The caller was not told of what it loaded, so nobody has done anything with it. */
static void forget_loaded(struct file *file, u32 id)
{
	struct uls_extension *extension;

	mutex_lock(&uls_mutex);
	extension = uls_find(id);
	if (extension && extension->session == file && !extension->started)
		uls_unload(extension);
	mutex_unlock(&uls_mutex);
}

static int answer(struct file *file, const struct request *request, unsigned int command, void __user *argument)
{
	const struct osext_uls_copy *copy = &request->copy;

	switch (command) {
	case OSEXT_ULS_LOAD:
		if (!copy_to_user(argument, &request->load, sizeof(request->load)))
			return 0;
		forget_loaded(file, request->load.id);
		return -EFAULT;
	case OSEXT_ULS_GET_STATISTICS:
		return copy_to_user(argument, &request->statistics, sizeof(request->statistics)) ? -EFAULT : 0;
	case OSEXT_ULS_READ:
		return copy_to_user((void __user *)copy->memory, request->copied, copy->bytes) ? -EFAULT : 0;
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

static int statistics(struct file *file, struct osext_uls_statistics *result)
{
	if (result->id != OSEXT_ULS_NONE) {
		struct uls_extension *extension = find_own(file, result->id);

		if (IS_ERR(extension))
			return PTR_ERR(extension);
	}
	uls_statistics(result);
	return 0;
}

/* What is about an extension that exists. */
static int about_extension(struct file *file, unsigned int command, struct request *request)
{
	struct uls_extension *extension = find_own(file, request->id);

	if (IS_ERR(extension))
		return PTR_ERR(extension);
	switch (command) {
	case OSEXT_ULS_WRITE:
		return uls_copy(extension, &request->copy, request->copied, true);
	case OSEXT_ULS_READ:
		return uls_copy(extension, &request->copy, request->copied, false);
	case OSEXT_ULS_START:
		return uls_start(extension, &request->start);
	case OSEXT_ULS_BIND:
		return uls_bind(extension, &request->bind);
	case OSEXT_ULS_THREAD:
		return uls_thread_start(extension, &request->thread);
	default:
		if (request->unload.reserved)
			return -EINVAL;
		uls_unload(extension);
		return 0;
	}
}

static int under_mutex(struct file *file, unsigned int command, struct request *request)
{
	switch (command) {
	case OSEXT_ULS_LOAD:
		return may_load() ? uls_load(file, &request->load) : -EPERM;
	case OSEXT_ULS_GET_STATISTICS:
		return statistics(file, &request->statistics);
	case OSEXT_ULS_GRANT:
		return grant(&request->grant);
	}
	return about_extension(file, command, request);
}

static long with_mutex(struct file *file, unsigned int command, void __user *argument)
{
	struct request request;
	long error;

	if (!is_known(command))
		return -ENOTTY;
	error = fetch(&request, command, argument);
	if (error)
		return error;
	error = mutex_lock_killable(&uls_mutex);
	if (!error) {
		error = under_mutex(file, command, &request);
		mutex_unlock(&uls_mutex);
	}
	if (!error)
		error = answer(file, &request, command, argument);
	kvfree(request.copied);
	return error;
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
	return with_mutex(file, command, from);
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
