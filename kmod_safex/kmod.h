/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's own structures, and what its parts offer each other: extensions,
 * classes, the runner, and service managers, which make classes of the kernel's own.
 *
 * Who may touch what: what an extension or a class consists of changes under
 * safex_mutex.  Runs take no lock for it: they are in bottom halves, under
 * rcu_read_lock(), and what they reach is taken away first and freed after a grace
 * period.  Values of attributes change under their class's lock, which is never held
 * where an abort can happen.
 */
#ifndef OSEXT_SAFEX_KMOD_H
#define OSEXT_SAFEX_KMOD_H

#include <linux/atomic.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/rculist.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <osext/safex.h>

#include "protection.h"

struct file;
struct net;
struct safex_class;
struct safex_run;

/* --- guards (guards/): one small file each -------------------------------- */

struct safex_attribute {
	char name[OSEXT_SAFEX_NAME_BYTES];
	const struct safex_guard *guard;
	s64 value;	/* written under the class's lock, read without */
	s64 minimum, maximum;
	void *private;	/* the guard's */
};

/*
 * What stands between an attribute and what it means.  Context of both: a bottom half,
 * or bottom halves off; they may not sleep.
 */
struct safex_guard {
	const char *name;
	/*
	 * Called with the class's lock: what becomes of a value that is written; 0, after it
	 * set attribute->value, or a negative errno, which the extension sees.
	 */
	int (*set)(struct safex_class *class, struct safex_attribute *attribute, s64 value);
	/* Optional, without a lock: the value that is read; else it is attribute->value. */
	s64 (*get)(struct safex_class *class, const struct safex_attribute *attribute);
};

extern const struct safex_guard safex_guard_any, safex_guard_range, safex_guard_constant, safex_guard_tokens,
	safex_guard_wake;
void safex_guard_tokens_begin(struct safex_attribute *attribute, u32 per_second);

/* --- classes (class.c) ----------------------------------------------------- */

struct safex_event {
	char name[OSEXT_SAFEX_NAME_BYTES];
	struct hlist_head bindings;	/* RCU */
};

struct safex_class {
	struct kref references;
	struct rcu_head rcu;
	u32 id;
	char name[OSEXT_SAFEX_NAME_BYTES];
	kuid_t creator;
	bool ended;
	spinlock_t lock;	/* values of attributes; bottom halves off */
	struct list_head capabilities;	/* under safex_mutex */
	wait_queue_head_t waiters;	/* for an attribute of guards/wake.c */
	u32 attribute_count, event_count;
	struct safex_attribute attributes[OSEXT_SAFEX_ATTRIBUTES_MAX];
	struct safex_event events[OSEXT_SAFEX_EVENTS_MAX];
	void *subject;		/* a service manager's: what the class is about */
	void (*release)(void *subject);	/* when nothing refers to the class any more; optional, may not sleep */
};

/*
 * A service manager's way to a class: allocate (with names and guards filled in by the
 * caller, `subject` and `release` too), publish; end it when its subject is gone.  All
 * may sleep, under safex_mutex.
 */
struct safex_class *safex_class_allocate(const char *name);
int safex_class_publish(struct safex_class *class);
void safex_class_end(struct safex_class *class);	/* no access, no events; drops the publisher's reference */
int safex_class_file(struct safex_class *class);	/* a descriptor whose end ends the class; or an errno */

/* The class of an open file, with a reference; or an error. */
struct safex_class *safex_class_of_file(int descriptor);
static inline void safex_class_get(struct safex_class *class)
{
	kref_get(&class->references);
}
void safex_class_put(struct safex_class *class);

/* Attributes by number.  Context: not in hard interrupts. */
static __always_inline s64 safex_class_read(struct safex_class *class, u32 number)
{
	const struct safex_attribute *attribute = &class->attributes[number];

	if (unlikely(number >= class->attribute_count))
		return OSEXT_SAFEX_NO_VALUE;
	if (attribute->guard->get)
		return attribute->guard->get(class, attribute);
	return READ_ONCE(attribute->value);
}
int safex_class_set(struct safex_class *class, u32 attribute, s64 value);	/* as an extension's: bottom half */
int safex_class_write(struct safex_class *class, u32 attribute, s64 value);	/* by the creator: past rights, not past guards */

/* --- capabilities (capability.c) ------------------------------------------- */

/* What an extension holds: nothing in it is of use to a program that reads it. */
struct safex_capability {
	u64 opaque;
};

struct safex_grant {
	struct safex_capability handle;
	u8 rights;		/* none, once it is revoked */
	u8 attributes[OSEXT_SAFEX_ATTRIBUTES_MAX];	/* the extension's number to the class's */
	u8 events[OSEXT_SAFEX_EVENTS_MAX];
	struct safex_class *class;
	struct safex_extension *extension;
	u32 set, slot;
	struct list_head in_class;
	struct rcu_head rcu;
};

#define SAFEX_NO_NUMBER 0xff

/* Under safex_mutex; may sleep. */
int safex_grant(struct safex_class *class, struct safex_extension *extension, u32 set, u32 slot, u32 rights);
void safex_revoke(struct safex_class *class, struct safex_extension *extension);	/* NULL: of anybody, of any class */

/* --- extensions (extension.c) ---------------------------------------------- */

struct safex_extension {
	struct kref references;
	u32 id;
	char name[OSEXT_SAFEX_NAME_BYTES];
	kuid_t creator;
	struct bpf_prog *program;
	u32 mode;
	u64 budget_ns, period_ns;
	u32 invocations;
	u32 budget_ticks;
	u64 budget_cycles, period_cycles;	/* of the time stamp counter */
	u64 share;		/* of a CPU, reserved, in millionths */
	u32 attribute_count, event_count;
	char attributes[OSEXT_SAFEX_ATTRIBUTES_MAX][OSEXT_SAFEX_NAME_BYTES];
	char events[OSEXT_SAFEX_EVENTS_MAX][OSEXT_SAFEX_NAME_BYTES];
	struct safex_grant __rcu *slots[OSEXT_SAFEX_SETS_MAX][OSEXT_SAFEX_SLOTS_MAX];
	struct list_head bindings;	/* under safex_mutex */
	u32 binding_count;
	bool stopped;		/* nothing runs it any more */
	bool condemned;
	bool unloaded;		/* under safex_mutex */
	struct work_struct end;	/* unloads it, from a bottom half */
	u64 period_begun;	/* time stamp */
	atomic_t used;		/* invocations in this period */
	atomic64_t runs, aborts, aborts_in_function, throttled, raised, cut, released, longest_overrun;
};

extern struct mutex safex_mutex;
extern struct safex_extension *safex_extensions[OSEXT_SAFEX_EXTENSIONS_MAX];	/* under safex_mutex, by id */
extern struct safex_class *safex_classes[OSEXT_SAFEX_CLASSES_MAX];

/* True for 1 to 31 letters, digits and _, and nothing but 0 behind. */
bool safex_is_name(const char *name);

/* May sleep, under safex_mutex. */
struct safex_extension *safex_load(struct osext_safex_load *load);	/* or an error */
int safex_extension_file(struct safex_extension *extension);	/* a descriptor whose end unloads it; or an errno */
void safex_unload(struct safex_extension *extension);
struct safex_extension *safex_extension_of_file(int descriptor);	/* with a reference, or an error */
void safex_extension_put(struct safex_extension *extension);
void safex_statistics(struct safex_extension *extension, struct osext_safex_statistics *statistics);
int safex_extension_init(void);
void safex_extension_exit(void);

/* From a run's end: it was aborted too often.  Context: bottom half. */
void safex_condemn(struct safex_extension *extension);

/* check.c: 0 if the program calls nothing but what is harmless to abort.  May sleep. */
int safex_check_program(const struct bpf_prog *program);

/* --- events and bindings (event.c, binding.c, call.c, packet.c) -------------- */

/* A thread whose system calls are events (call.c). */
struct safex_watch {
	struct hlist_node in_watches;	/* RCU */
	struct task_struct *thread;	/* with a reference */
	u64 executions;	/* how many programs it had executed when it was last found that it may be watched */
	kuid_t user;	/* who watches */
	kgid_t group;
	kernel_cap_t permitted;
	bool privileged;
};

struct safex_binding {
	struct hlist_node in_event;	/* EVENT; RCU */
	struct hrtimer timer;	/* TIMER */
	struct safex_watch watch;	/* CALL */
	struct nf_hook_ops hook;	/* PACKET */
	struct net *net;	/* the same, with a reference */
	u16 port;	/* the same */
	u32 kind, set, event;
	ktime_t period;
	struct safex_class *class;	/* EVENT, with a reference */
	struct safex_extension *extension;
	struct list_head in_extension;
	struct rcu_head rcu;
};

#define SAFEX_EVENT_BINDINGS_MAX 8	/* of one event */

/* May sleep, under safex_mutex. */
int safex_bind(struct safex_extension *extension, const struct osext_safex_bind *bind);
void safex_unbind_extension(struct safex_extension *extension);
void safex_unbind_class(struct safex_class *class);

/* What an event led to. */
struct safex_outcome {
	s64 answer;
	u32 runs;
	u32 aborted;
	bool marked;		/* by whoever raises it: measure it */
	u64 begun, ended;	/* then: time stamps around it */
	u64 aborted_at;		/* time stamp of the last abort */
};

/*
 * Runs all that is bound to a class's event, and all that is raised by it, now, on this
 * CPU.  Context: a bottom half, not from within a run; the caller holds a reference.
 */
void safex_raise(struct safex_class *class, u32 event, s64 value, struct safex_outcome *outcome);

/* Runs what one binding is about, with all that is raised by it.  Context as above. */
void safex_run_binding(struct safex_binding *binding, s64 value, struct safex_outcome *outcome);

/* The same as safex_raise() from a process: in this CPU's bottom half, which it waits for.  May sleep. */
void safex_raise_and_wait(struct safex_class *class, u32 event, s64 value, struct safex_outcome *outcome);

/* What a process asked for, checked; fills in the answer.  May sleep. */
int safex_raise_for_process(struct safex_class *class, struct osext_safex_raise *raise);

/*
 * System calls of the thread `id`, 0: the caller's own, are events of the binding; -EPERM: the caller may not trace it.
 * Under safex_mutex, may sleep.
 */
int safex_watch_begin(struct safex_binding *binding, u64 id);
void safex_watch_end(struct safex_binding *binding);

/* UDP packets for a port in the caller's network namespace; -EPERM: the caller may not filter there.  As above. */
int safex_packet_begin(struct safex_binding *binding, u64 port);
void safex_packet_end(struct safex_binding *binding);

void safex_event_init(void);
void safex_event_exit(void);

/* --- device.c; may sleep ----------------------------------------------------- */
int safex_device_init(void);
void safex_device_exit(void);

/* --- compat.c; may sleep ------------------------------------------------------ */
int safex_compat_init(void);	/* 0, or -ENOENT after a line in the kernel log */
unsigned long safex_find(const char *name);	/* a function of the kernel; 0, after such a line, if there is none */
bool safex_may_trace(struct task_struct *task);	/* the caller; by the rules of ptrace */

/* --- kfuncs.c ---------------------------------------------------------------- */
int safex_kfuncs_init(void);
bool safex_is_kfunc(unsigned long address);

#endif
