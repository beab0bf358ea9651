// SPDX-License-Identifier: GPL-2.0
/*
 * A managed thread as an attribute class: what its monitor reads, what its handler
 * writes, and when they run.  The class exists if the reservation's owner asks for it; it and the
 * thread hold each other until the reservation ends.
 */
#include <linux/kernel.h>

#include "../kmod.h"
#include "cpu.h"
#include "guards.h"

static int set_nothing(struct safex_class *class, struct safex_attribute *attribute, s64 value)
{
	return -EPERM;
}

static s64 get_target(struct safex_class *class, const struct safex_attribute *attribute)
{
	const struct safex_cpu_task *task = class->subject;

	return task->target;
}

static s64 get_actual(struct safex_class *class, const struct safex_attribute *attribute)
{
	struct safex_cpu_task *task = class->subject;
	s64 actual;

	spin_lock_bh(&task->lock);
	actual = osext_cpu_had(&task->history, task->period_samples);
	spin_unlock_bh(&task->lock);
	return actual;
}

static const struct safex_guard target_cpu = { .name = "target_cpu", .set = set_nothing, .get = get_target };
static const struct safex_guard actual_cpu = { .name = "actual_cpu", .set = set_nothing, .get = get_actual };

static void name(struct safex_class *class)
{
	static const struct {
		const char *name;
		const struct safex_guard *guard;
	} attributes[] = {
		[OSEXT_SAFEX_CPU_TARGET] = { "target_cpu", &target_cpu },
		[OSEXT_SAFEX_CPU_ACTUAL] = { "actual_cpu", &actual_cpu },
		[OSEXT_SAFEX_CPU_ADJUSTMENT] = { "timeslice_adjustment", &safex_guard_timeslice },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(attributes); i++) {
		strscpy(class->attributes[i].name, attributes[i].name, OSEXT_SAFEX_NAME_BYTES);
		class->attributes[i].guard = attributes[i].guard;
	}
	class->attribute_count = ARRAY_SIZE(attributes);
	strscpy(class->events[OSEXT_SAFEX_CPU_SAMPLE].name, "sample", OSEXT_SAFEX_NAME_BYTES);
	strscpy(class->events[OSEXT_SAFEX_CPU_ERROR].name, "error", OSEXT_SAFEX_NAME_BYTES);
	class->event_count = 2;
}

static void release(void *subject)
{
	safex_cpu_put(subject);
}

/* The class in its place, or NULL; what was there comes back. */
static struct safex_class *exchange(struct safex_cpu_task *task, struct safex_class *class)
{
	struct safex_class *before;

	spin_lock_bh(&task->lock);
	before = task->class;
	task->class = class;
	spin_unlock_bh(&task->lock);
	return before;
}

static struct safex_class *make(struct safex_cpu_task *task)
{
	char text[OSEXT_SAFEX_NAME_BYTES];
	struct safex_class *class;
	int error;

	snprintf(text, sizeof(text), "cpu_%d", task_pid_nr(task->task));
	class = safex_class_allocate(text);
	if (!class)
		return ERR_PTR(-ENOMEM);
	name(class);
	error = safex_class_publish(class);
	if (error) {
		safex_class_put(class);
		return ERR_PTR(error);
	}
	refcount_inc(&task->references);
	class->subject = task;
	class->release = release;
	return class;
}

/* Under safex_mutex. */
static int class_file(struct safex_cpu_task *task)
{
	struct safex_class *class;
	int file;

	if (task->class && !task->class->ended)
		return -EBUSY;
	class = make(task);
	if (IS_ERR(class))
		return PTR_ERR(class);
	file = safex_class_file(class);
	if (file < 0) {
		safex_class_end(class);
		return file;
	}
	safex_class_get(class);
	class = exchange(task, class);
	if (class)
		safex_class_put(class);
	return file;
}

int safex_cpu_class(struct safex_cpu_task *task)
{
	int result;

	if (mutex_lock_killable(&safex_mutex))
		return -EINTR;
	result = class_file(task);
	mutex_unlock(&safex_mutex);
	return result;
}

/* The class's file may live on: what it is about is over. */
void safex_cpu_class_end(struct safex_cpu_task *task)
{
	struct safex_class *class;

	mutex_lock(&safex_mutex);
	class = exchange(task, NULL);
	mutex_unlock(&safex_mutex);
	if (class)
		safex_class_put(class);
}

void safex_cpu_adapt(struct safex_cpu_task *task)
{
	struct safex_outcome outcome = {};
	struct safex_class *class;
	u64 samples;

	spin_lock(&task->lock);
	class = task->over ? NULL : task->class;
	samples = task->counts.samples;
	if (class)
		safex_class_get(class);
	spin_unlock(&task->lock);
	if (!class)
		return;
	safex_raise(class, OSEXT_SAFEX_CPU_SAMPLE, samples, &outcome);
	safex_class_put(class);
}
