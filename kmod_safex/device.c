// SPDX-License-Identifier: GPL-2.0
/* The device: anybody may open it, make classes and look; loading takes who may load programs. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cpu/cpu.h"
#include "kmod.h"

static int load(void __user *argument)
{
	struct osext_safex_load *request;
	struct safex_extension *extension;
	int result;

	if (!bpf_capable())
		return -EPERM;
	request = memdup_user(argument, sizeof(*request));
	if (IS_ERR(request))
		return PTR_ERR(request);
	extension = safex_load(request);
	if (IS_ERR(extension)) {
		kfree(request);
		return PTR_ERR(extension);
	}
	result = copy_to_user(argument, request, sizeof(*request)) ? -EFAULT : safex_extension_file(extension);
	kfree(request);
	if (result < 0) {
		safex_unload(extension);
		safex_extensions[extension->id] = NULL;
		safex_extension_put(extension);
	}
	return result;
}

static const struct safex_guard *guard_of(const struct osext_safex_attribute *attribute)
{
	switch (attribute->guard) {
	case OSEXT_SAFEX_ANY:
		return &safex_guard_any;
	case OSEXT_SAFEX_RANGE:
		return &safex_guard_range;
	case OSEXT_SAFEX_CONSTANT:
		return &safex_guard_constant;
	case OSEXT_SAFEX_TOKENS:
		return &safex_guard_tokens;
	case OSEXT_SAFEX_WAKE:
		return &safex_guard_wake;
	}
	return NULL;
}

static int check_attribute(const struct osext_safex_attribute *attribute)
{
	if (!safex_is_name(attribute->name) || !guard_of(attribute) || attribute->initial == OSEXT_SAFEX_NO_VALUE)
		return -EINVAL;
	if (attribute->guard == OSEXT_SAFEX_TOKENS)
		return !attribute->per_second || attribute->per_second > OSEXT_SAFEX_TOKENS_MAX || attribute->initial ||
		       attribute->minimum || attribute->maximum < 1 ||
		       attribute->maximum > OSEXT_SAFEX_TOKENS_MAX ? -EINVAL : 0;
	if (attribute->per_second)
		return -EINVAL;
	if (attribute->guard != OSEXT_SAFEX_RANGE)
		return attribute->minimum || attribute->maximum ? -EINVAL : 0;
	return attribute->minimum == OSEXT_SAFEX_NO_VALUE || attribute->initial < attribute->minimum ||
	       attribute->initial > attribute->maximum ? -EINVAL : 0;
}

static int check_create(const struct osext_safex_create *create)
{
	u32 i, j;

	if (!safex_is_name(create->name) || create->id || create->reserved ||
	    create->attribute_count > OSEXT_SAFEX_ATTRIBUTES_MAX || create->event_count > OSEXT_SAFEX_EVENTS_MAX)
		return -EINVAL;
	for (i = 0; i < create->attribute_count; i++) {
		if (check_attribute(&create->attributes[i]))
			return -EINVAL;
		for (j = 0; j < i; j++)
			if (!strcmp(create->attributes[i].name, create->attributes[j].name))
				return -EEXIST;
	}
	for (i = 0; i < create->event_count; i++) {
		if (!safex_is_name(create->events[i]))
			return -EINVAL;
		for (j = 0; j < i; j++)
			if (!strcmp(create->events[i], create->events[j]))
				return -EEXIST;
	}
	return 0;
}

static struct safex_class *new_class(const struct osext_safex_create *create)
{
	struct safex_class *class = safex_class_allocate(create->name);
	u32 i;

	if (!class)
		return ERR_PTR(-ENOMEM);
	class->attribute_count = create->attribute_count;
	class->event_count = create->event_count;
	for (i = 0; i < create->attribute_count; i++) {
		struct safex_attribute *attribute = &class->attributes[i];

		strscpy(attribute->name, create->attributes[i].name, sizeof(attribute->name));
		attribute->guard = guard_of(&create->attributes[i]);
		attribute->value = create->attributes[i].initial;
		attribute->minimum = create->attributes[i].minimum;
		attribute->maximum = create->attributes[i].maximum;
		if (attribute->guard == &safex_guard_tokens)
			safex_guard_tokens_begin(attribute, create->attributes[i].per_second);
	}
	for (i = 0; i < create->event_count; i++)
		strscpy(class->events[i].name, create->events[i], sizeof(class->events[i].name));
	return class;
}

static int create(void __user *argument)
{
	struct osext_safex_create *request = memdup_user(argument, sizeof(*request));
	struct safex_class *class;
	int result;

	if (IS_ERR(request))
		return PTR_ERR(request);
	result = check_create(request);
	if (result)
		goto out;
	class = new_class(request);
	if (IS_ERR(class)) {
		result = PTR_ERR(class);
		goto out;
	}
	result = safex_class_publish(class);
	if (result) {
		safex_class_put(class);
		goto out;
	}
	request->id = class->id;
	result = copy_to_user(argument, request, sizeof(*request)) ? -EFAULT : safex_class_file(class);
	if (result < 0)
		safex_class_end(class);
out:
	kfree(request);
	return result;
}

static bool owns(kuid_t user)
{
	return uid_eq(user, current_euid()) || capable(CAP_SYS_ADMIN);
}

static struct safex_extension *find_extension(u32 id)
{
	return id < OSEXT_SAFEX_EXTENSIONS_MAX ? safex_extensions[id] : NULL;
}

static struct safex_class *find_class(u32 id)
{
	return id < OSEXT_SAFEX_CLASSES_MAX ? safex_classes[id] : NULL;
}

static int revoke(void __user *argument)
{
	struct osext_safex_revoke request;
	struct safex_extension *extension;
	struct safex_class *class;

	if (copy_from_user(&request, argument, sizeof(request)))
		return -EFAULT;
	class = find_class(request.class_id);
	extension = find_extension(request.extension_id);
	if (!class || !extension)
		return -ENOENT;
	if (!owns(class->creator) && !owns(extension->creator))
		return -EPERM;
	safex_revoke(class, extension);
	return 0;
}

static int unload(void __user *argument)
{
	struct osext_safex_unload request;
	struct safex_extension *extension;

	if (copy_from_user(&request, argument, sizeof(request)))
		return -EFAULT;
	if (request.reserved)
		return -EINVAL;
	extension = find_extension(request.id);
	if (!extension || extension->unloaded)
		return -ENOENT;
	if (!owns(extension->creator))
		return -EPERM;
	safex_unload(extension);
	return 0;
}

static int statistics(void __user *argument)
{
	struct osext_safex_statistics request;
	struct safex_extension *extension;

	if (copy_from_user(&request, argument, sizeof(request)))
		return -EFAULT;
	if (request.flags & ~OSEXT_SAFEX_NEXT)
		return -EINVAL;
	while (request.flags && request.id < OSEXT_SAFEX_EXTENSIONS_MAX && !safex_extensions[request.id])
		request.id++;
	extension = find_extension(request.id);
	if (!extension)
		return -ENOENT;
	safex_statistics(extension, &request);
	return copy_to_user(argument, &request, sizeof(request)) ? -EFAULT : 0;
}

static int describe(struct osext_safex_describe __user *argument)
{
	struct osext_safex_describe *answer;
	const struct safex_class *class;
	const struct list_head *one;
	u32 id, flags, i;
	int error;

	if (get_user(id, &argument->id) || get_user(flags, &argument->flags))
		return -EFAULT;
	if (flags & ~OSEXT_SAFEX_NEXT)
		return -EINVAL;
	while (flags && id < OSEXT_SAFEX_CLASSES_MAX && !safex_classes[id])
		id++;
	class = find_class(id);
	if (!class)
		return -ENOENT;
	answer = kzalloc(sizeof(*answer), GFP_KERNEL);
	if (!answer)
		return -ENOMEM;
	answer->id = class->id;
	strscpy(answer->name, class->name, sizeof(answer->name));
	answer->user = from_kuid_munged(current_user_ns(), class->creator);
	list_for_each(one, &class->capabilities)
		answer->capabilities++;
	answer->attribute_count = class->attribute_count;
	answer->event_count = class->event_count;
	for (i = 0; i < class->attribute_count; i++)
		memcpy(answer->attributes[i], class->attributes[i].name, OSEXT_SAFEX_NAME_BYTES);
	for (i = 0; i < class->event_count; i++)
		memcpy(answer->events[i], class->events[i].name, OSEXT_SAFEX_NAME_BYTES);
	error = copy_to_user(argument, answer, sizeof(*answer)) ? -EFAULT : 0;
	kfree(answer);
	return error;
}

/* A class by its id, with a reference, for its creator's user. */
static struct safex_class *own_class(u32 id)
{
	struct safex_class *class;

	mutex_lock(&safex_mutex);
	class = find_class(id);
	if (!class)
		class = ERR_PTR(-ENOENT);
	else if (!owns(class->creator))
		class = ERR_PTR(-EPERM);
	else
		safex_class_get(class);
	mutex_unlock(&safex_mutex);
	return class;
}

static int get_by_id(struct osext_safex_value __user *argument)
{
	struct osext_safex_value request;
	struct safex_class *class;
	int error = -ENOENT;

	if (copy_from_user(&request, argument, sizeof(request)))
		return -EFAULT;
	class = own_class(request.id);
	if (IS_ERR(class))
		return PTR_ERR(class);
	if (request.attribute < class->attribute_count)
		error = put_user(safex_class_read(class, request.attribute), &argument->value);
	safex_class_put(class);
	return error;
}

static int raise_by_id(struct osext_safex_raise __user *argument)
{
	struct osext_safex_raise request;
	struct safex_class *class;
	int error;

	if (copy_from_user(&request, argument, sizeof(request)))
		return -EFAULT;
	class = own_class(request.id);
	if (IS_ERR(class))
		return PTR_ERR(class);
	error = safex_raise_for_process(class, &request);
	safex_class_put(class);
	if (error)
		return error;
	return copy_to_user(argument, &request, sizeof(request)) ? -EFAULT : 0;
}

static int under_mutex(unsigned int command, void __user *argument)
{
	switch (command) {
	case OSEXT_SAFEX_LOAD:
		return load(argument);
	case OSEXT_SAFEX_CREATE:
		return create(argument);
	case OSEXT_SAFEX_REVOKE:
		return revoke(argument);
	case OSEXT_SAFEX_UNLOAD:
		return unload(argument);
	case OSEXT_SAFEX_GET_STATISTICS:
		return statistics(argument);
	case OSEXT_SAFEX_DESCRIBE:
		return describe(argument);
	}
	return -ENOTTY;
}

static long device_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	void __user *from = (void __user *)argument;
	long result;

	if (command == OSEXT_SAFEX_GET_BY_ID)
		return get_by_id(from);
	if (command == OSEXT_SAFEX_RAISE_BY_ID)
		return raise_by_id(from);
	result = safex_cpu_ioctl(command, from);
	if (result != -ENOTTY)
		return result;
	if (mutex_lock_killable(&safex_mutex))
		return -EINTR;
	result = under_mutex(command, from);
	mutex_unlock(&safex_mutex);
	return result;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = device_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "osext_safex",
	.fops = &operations,
	.mode = 0666,
};

int safex_device_init(void)
{
	return misc_register(&device);
}

void safex_device_exit(void)
{
	misc_deregister(&device);
}
