// SPDX-License-Identifier: GPL-2.0
/* Extensions: loaded with a reservation, unloaded by their file's end, by right, or for their aborts. */
#include <linux/anon_inodes.h>
#include <linux/cred.h>
#include <linux/ctype.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/tsc.h>

#include "kmod.h"

#define INVOCATIONS_MAX 1000000
#define MILLIONTHS 1000000

DEFINE_MUTEX(safex_mutex);
struct safex_extension *safex_extensions[OSEXT_SAFEX_EXTENSIONS_MAX];

static unsigned int limit = 50;
module_param(limit, uint, 0444);
MODULE_PARM_DESC(limit, "what all reservations together may take of a CPU, in percent (default 50)");

static u64 reserved;	/* of a CPU, in millionths */
static struct workqueue_struct *ends;

bool safex_is_name(const char *name)
{
	size_t length = strnlen(name, OSEXT_SAFEX_NAME_BYTES), i;

	for (i = 0; i < length; i++)
		if (!isalnum(name[i]) && name[i] != '_')
			return false;
	return length > 0 && length < OSEXT_SAFEX_NAME_BYTES;
}

static u64 cycles(u64 ns)
{
	return mul_u64_u32_div(ns, tsc_khz, 1000000);
}

static int check_request(const struct osext_safex_load *load)
{
	u32 i;

	if (!safex_is_name(load->name) || load->id ||
	    (load->mode != OSEXT_SAFEX_TICK && load->mode != OSEXT_SAFEX_HRTIMER) ||
	    load->budget_ns < OSEXT_SAFEX_BUDGET_MIN_NS || load->budget_ns > OSEXT_SAFEX_BUDGET_MAX_NS ||
	    load->period_ns < OSEXT_SAFEX_PERIOD_MIN_NS || load->period_ns > OSEXT_SAFEX_PERIOD_MAX_NS ||
	    !load->invocations || load->invocations > INVOCATIONS_MAX ||
	    load->attribute_count > OSEXT_SAFEX_ATTRIBUTES_MAX || load->event_count > OSEXT_SAFEX_EVENTS_MAX)
		return -EINVAL;
	for (i = 0; i < load->attribute_count; i++)
		if (!safex_is_name(load->attributes[i]))
			return -EINVAL;
	for (i = 0; i < load->event_count; i++)
		if (!safex_is_name(load->events[i]))
			return -EINVAL;
	return 0;
}

static struct bpf_prog *get_program(int descriptor)
{
	struct bpf_prog *program = bpf_prog_get_type_dev(descriptor, BPF_PROG_TYPE_XDP, false);
	int error = 0;

	if (IS_ERR(program))
		return program;
	if (!program->jited) {
		pr_info_once("osext_safex: this kernel compiles no programs (net.core.bpf_jit_enable), so none can be aborted\n");
		error = -EOPNOTSUPP;
	} else if (program->expected_attach_type && program->expected_attach_type != BPF_XDP) {
		error = -EINVAL;	/* meant for a device map */
	} else {
		error = safex_check_program(program);
	}
	if (!error)
		return program;
	bpf_prog_put(program);
	return ERR_PTR(error);
}

static void end_in_process(struct work_struct *work)
{
	struct safex_extension *extension = container_of(work, struct safex_extension, end);

	mutex_lock(&safex_mutex);
	safex_unload(extension);
	mutex_unlock(&safex_mutex);
	safex_extension_put(extension);
}

static struct safex_extension *new_extension(const struct osext_safex_load *load)
{
	struct safex_extension *extension = kzalloc(sizeof(*extension), GFP_KERNEL);

	if (!extension)
		return NULL;
	kref_init(&extension->references);
	strscpy(extension->name, load->name, sizeof(extension->name));
	extension->creator = current_euid();
	extension->mode = load->mode;
	extension->budget_ns = load->budget_ns;
	extension->period_ns = load->period_ns;
	extension->invocations = load->invocations;
	extension->budget_ticks = DIV_ROUND_UP_ULL(load->budget_ns, TICK_NSEC);
	extension->budget_cycles = cycles(load->budget_ns);
	extension->period_cycles = cycles(load->period_ns);
	extension->attribute_count = load->attribute_count;
	extension->event_count = load->event_count;
	memcpy(extension->attributes, load->attributes, sizeof(extension->attributes));
	memcpy(extension->events, load->events, sizeof(extension->events));
	INIT_LIST_HEAD(&extension->bindings);
	INIT_WORK(&extension->end, end_in_process);
	return extension;
}

struct safex_extension *safex_load(struct osext_safex_load *load)
{
	struct safex_extension *extension;
	u64 share;
	u32 id;
	int error = check_request(load);

	if (error)
		return ERR_PTR(error);
	for (id = 0; id < OSEXT_SAFEX_EXTENSIONS_MAX; id++) {
		if (safex_extensions[id] && !strcmp(safex_extensions[id]->name, load->name))
			return ERR_PTR(-EEXIST);
	}
	for (id = 0; id < OSEXT_SAFEX_EXTENSIONS_MAX && safex_extensions[id]; id++)
		;
	if (id == OSEXT_SAFEX_EXTENSIONS_MAX)
		return ERR_PTR(-ENOSPC);
	share = mul_u64_u64_div_u64(load->budget_ns * load->invocations, MILLIONTHS, load->period_ns);
	if (share + reserved > (u64)limit * (MILLIONTHS / 100) && safex_is_on(SAFEX_ADMISSION))
		return ERR_PTR(-EDQUOT);
	extension = new_extension(load);
	if (!extension)
		return ERR_PTR(-ENOMEM);
	extension->program = get_program(load->program);
	if (IS_ERR(extension->program)) {
		error = PTR_ERR(extension->program);
		kfree(extension);
		return ERR_PTR(error);
	}
	extension->share = share;
	reserved += share;
	extension->id = load->id = id;
	safex_extensions[id] = extension;
	return extension;
}

static void free_extension(struct kref *references)
{
	kfree(container_of(references, struct safex_extension, references));
}

void safex_extension_put(struct safex_extension *extension)
{
	kref_put(&extension->references, free_extension);
}

/* Nothing of it runs any more when this returns; its structure stays as long as its file. */
void safex_unload(struct safex_extension *extension)
{
	if (extension->unloaded)
		return;
	extension->unloaded = true;
	WRITE_ONCE(extension->stopped, true);
	safex_unbind_extension(extension);
	safex_revoke(NULL, extension);
	reserved -= extension->share;
	synchronize_rcu();	/* runs, and events that it raised */
	bpf_prog_put(extension->program);
	extension->program = NULL;
}

void safex_condemn(struct safex_extension *extension)
{
	if (extension->condemned || !safex_is_on(SAFEX_CONDEMN))
		return;
	extension->condemned = true;
	WRITE_ONCE(extension->stopped, true);
	kref_get(&extension->references);	/* it cannot be the last: unloading waits for runs */
	if (!queue_work(ends, &extension->end))
		safex_extension_put(extension);
}

static long extension_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct safex_extension *extension = file->private_data;
	struct osext_safex_bind bind;
	int error;

	if (command != OSEXT_SAFEX_BIND)
		return -ENOTTY;
	if (copy_from_user(&bind, (void __user *)argument, sizeof(bind)))
		return -EFAULT;
	mutex_lock(&safex_mutex);
	error = safex_bind(extension, &bind);
	mutex_unlock(&safex_mutex);
	return error;
}

static int extension_release(struct inode *inode, struct file *file)
{
	struct safex_extension *extension = file->private_data;

	mutex_lock(&safex_mutex);
	safex_unload(extension);
	safex_extensions[extension->id] = NULL;
	mutex_unlock(&safex_mutex);
	safex_extension_put(extension);
	return 0;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.release = extension_release,
	.unlocked_ioctl = extension_ioctl,
	.llseek = noop_llseek,
};

int safex_extension_file(struct safex_extension *extension)
{
	return anon_inode_getfd("[osext_safex_extension]", &operations, extension, O_RDWR | O_CLOEXEC);
}

struct safex_extension *safex_extension_of_file(int descriptor)
{
	struct file *file = fget(descriptor);
	struct safex_extension *extension = ERR_PTR(-EBADF);

	if (!file)
		return extension;
	if (file->f_op == &operations) {
		extension = file->private_data;
		kref_get(&extension->references);
	}
	fput(file);
	return extension;
}

void safex_statistics(struct safex_extension *extension, struct osext_safex_statistics *statistics)
{
	u32 set, slot;

	memset(statistics, 0, sizeof(*statistics));
	statistics->id = extension->id;
	strscpy(statistics->name, extension->name, sizeof(statistics->name));
	statistics->user = from_kuid_munged(current_user_ns(), extension->creator);
	statistics->mode = extension->mode;
	statistics->condemned = extension->condemned;
	statistics->bindings = extension->binding_count;
	statistics->budget_ns = extension->budget_ns;
	statistics->period_ns = extension->period_ns;
	statistics->invocations = extension->invocations;
	statistics->runs = atomic64_read(&extension->runs);
	statistics->aborts = atomic64_read(&extension->aborts);
	statistics->aborts_in_function = atomic64_read(&extension->aborts_in_function);
	statistics->throttled = atomic64_read(&extension->throttled);
	statistics->raised = atomic64_read(&extension->raised);
	statistics->cut = atomic64_read(&extension->cut);
	statistics->released = atomic64_read(&extension->released);
	statistics->longest_overrun_ns =
		mul_u64_u32_div(atomic64_read(&extension->longest_overrun), 1000000, tsc_khz);
	for (set = 0; set < OSEXT_SAFEX_SETS_MAX; set++)
		for (slot = 0; slot < OSEXT_SAFEX_SLOTS_MAX; slot++)
			if (rcu_access_pointer(extension->slots[set][slot]))
				statistics->capabilities++;
}

int safex_extension_init(void)
{
	ends = alloc_workqueue("osext_safex", 0, 0);
	return ends ? 0 : -ENOMEM;
}

/* No file is open. */
void safex_extension_exit(void)
{
	destroy_workqueue(ends);
}
