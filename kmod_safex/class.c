// SPDX-License-Identifier: GPL-2.0
/* Attribute classes: named values behind guards, and named events. */
#include <linux/anon_inodes.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "kmod.h"

struct safex_class *safex_classes[OSEXT_SAFEX_CLASSES_MAX];

struct safex_class *safex_class_allocate(const char *name)
{
	struct safex_class *class = kzalloc(sizeof(*class), GFP_KERNEL);

	if (!class)
		return NULL;
	kref_init(&class->references);
	strscpy(class->name, name, sizeof(class->name));
	class->creator = current_euid();
	spin_lock_init(&class->lock);
	INIT_LIST_HEAD(&class->capabilities);
	init_waitqueue_head(&class->waiters);
	return class;
}

int safex_class_publish(struct safex_class *class)
{
	u32 id;

	for (id = 0; id < OSEXT_SAFEX_CLASSES_MAX; id++)
		if (!safex_classes[id]) {
			class->id = id;
			safex_classes[id] = class;
			return 0;
		}
	return -ENOSPC;
}

static void free_class(struct kref *references)
{
	struct safex_class *class = container_of(references, struct safex_class, references);

	if (class->release)
		class->release(class->subject);
	kfree_rcu(class, rcu);
}

void safex_class_put(struct safex_class *class)
{
	kref_put(&class->references, free_class);
}

void safex_class_end(struct safex_class *class)
{
	if (!class->ended) {
		class->ended = true;
		safex_revoke(class, NULL);
		safex_unbind_class(class);
		safex_classes[class->id] = NULL;
		wake_up_interruptible_all(&class->waiters);
	}
	safex_class_put(class);
}

/* By an extension.  Context: bottom half. */
int safex_class_set(struct safex_class *class, u32 number, s64 value)
{
	struct safex_attribute *attribute;
	int error;

	if (number >= class->attribute_count)
		return -ENOENT;
	if (value == OSEXT_SAFEX_NO_VALUE)
		return -ERANGE;
	attribute = &class->attributes[number];
	spin_lock(&class->lock);
	if (likely(safex_is_on(SAFEX_GUARDS)))
		error = attribute->guard->set(class, attribute, value);
	else
		error = safex_guard_any.set(class, attribute, value);
	spin_unlock(&class->lock);
	return error;
}

int safex_class_write(struct safex_class *class, u32 number, s64 value)
{
	struct safex_attribute *attribute = &class->attributes[number];
	int error;

	if (number < class->attribute_count && attribute->guard == &safex_guard_constant) {
		if (value == OSEXT_SAFEX_NO_VALUE)
			return -ERANGE;
		WRITE_ONCE(attribute->value, value);
		return 0;
	}
	local_bh_disable();
	error = safex_class_set(class, number, value);
	local_bh_enable();
	return error;
}

static int grant(struct safex_class *class, void __user *argument)
{
	struct safex_extension *extension;
	struct osext_safex_grant request;
	int error;

	if (copy_from_user(&request, argument, sizeof(request)))
		return -EFAULT;
	extension = safex_extension_of_file(request.extension);
	if (IS_ERR(extension))
		return PTR_ERR(extension);
	mutex_lock(&safex_mutex);
	error = safex_grant(class, extension, request.set, request.slot, request.rights);
	mutex_unlock(&safex_mutex);
	safex_extension_put(extension);
	return error;
}

static int value(struct safex_class *class, unsigned int command, struct osext_safex_value __user *argument)
{
	struct osext_safex_value request;

	if (copy_from_user(&request, argument, sizeof(request)))
		return -EFAULT;
	if (request.id)
		return -EINVAL;
	if (request.attribute >= class->attribute_count)
		return -ENOENT;
	if (command == OSEXT_SAFEX_SET)
		return safex_class_write(class, request.attribute, request.value);
	return put_user(safex_class_read(class, request.attribute), &argument->value);
}

static int raise(struct safex_class *class, struct osext_safex_raise __user *argument)
{
	struct osext_safex_raise request;
	int error;

	if (copy_from_user(&request, argument, sizeof(request)))
		return -EFAULT;
	if (request.id)
		return -EINVAL;
	error = safex_raise_for_process(class, &request);
	if (error)
		return error;
	return copy_to_user(argument, &request, sizeof(request)) ? -EFAULT : 0;
}

/* May sleep long. */
static int await(struct safex_class *class, struct osext_safex_await __user *argument)
{
	const struct safex_attribute *attribute;
	struct osext_safex_await request;
	int error;

	if (copy_from_user(&request, argument, sizeof(request)))
		return -EFAULT;
	if (request.attribute >= class->attribute_count)
		return -ENOENT;
	attribute = &class->attributes[request.attribute];
	if (request.reserved || attribute->guard != &safex_guard_wake)
		return -EINVAL;
	error = wait_event_interruptible(class->waiters,
					 READ_ONCE(attribute->value) != request.known || READ_ONCE(class->ended));
	if (error)
		return error;
	return put_user(READ_ONCE(attribute->value), &argument->value);
}

static long class_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct safex_class *class = file->private_data;
	void __user *from = (void __user *)argument;

	if (class->ended)
		return -ENOENT;
	switch (command) {
	case OSEXT_SAFEX_GRANT:
		return grant(class, from);
	case OSEXT_SAFEX_GET:
	case OSEXT_SAFEX_SET:
		return value(class, command, from);
	case OSEXT_SAFEX_RAISE_EVENT:
		return raise(class, from);
	case OSEXT_SAFEX_AWAIT:
		return await(class, from);
	}
	return -ENOTTY;
}

static int class_release(struct inode *inode, struct file *file)
{
	mutex_lock(&safex_mutex);
	safex_class_end(file->private_data);
	mutex_unlock(&safex_mutex);
	return 0;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.release = class_release,
	.unlocked_ioctl = class_ioctl,
	.llseek = noop_llseek,
};

int safex_class_file(struct safex_class *class)
{
	return anon_inode_getfd("[osext_safex_class]", &operations, class, O_RDWR | O_CLOEXEC);
}

struct safex_class *safex_class_of_file(int descriptor)
{
	struct file *file = fget(descriptor);
	struct safex_class *class = ERR_PTR(-EBADF);

	if (!file)
		return class;
	if (file->f_op == &operations) {
		class = file->private_data;
		safex_class_get(class);
	}
	fput(file);
	return class;
}
