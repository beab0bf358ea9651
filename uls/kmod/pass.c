// SPDX-License-Identifier: GPL-2.0
/*
 * Passing words: threads of an extension and processes outside wait for words in its
 * data, as for a futex; by one system call a word is left, its waiter woken and
 * another one waited for.  Linux's futexes cannot: those of one process concern no
 * other, and shared ones need pages that the kernel may take references of.
 *
 * An upcall makes no system call: it changes words as it likes, and where its binding
 * has OSEXT_ULS_WAKE, the waiters' words are looked at when it has returned.
 *
 * Context of everything but uls_pass_look(): may sleep.
 */
#include <linux/capability.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>

#include "uls.h"

/* On the stack of the one who waits; in the list until somebody takes it out. */
struct waiter {
	struct list_head list;
	struct task_struct *task;
	u32 id, address;
	u32 known;
	u32 got;
	int result;	/* 1: still waits */
};

/*
 * An extension that is found under this lock stays in place until it is released.
 * Not taken in interrupts, though with interrupts off; tasks are woken under it, which
 * keeps their structures alive meanwhile.
 */
static DEFINE_SPINLOCK(lock);
static LIST_HEAD(waiters);

static void wake(struct waiter *waiter, u32 got, int result)
{
	struct task_struct *task = waiter->task;

	list_del(&waiter->list);
	waiter->got = got;
	smp_store_release(&waiter->result, result);	/* the waiter is gone from here on */
	wake_up_process(task);
}

/* NULL: not a word of its data. */
static u32 *find_word(const struct uls_extension *extension, u32 address)
{
	u64 data = uls_area_address(OSEXT_ULS_DATA, &extension->data);

	if (address % sizeof(u32) || address < data || address - data >= extension->data.count * PAGE_SIZE)
		return NULL;
	return uls_alias(address);
}

static struct uls_extension *find(const struct file *session, u32 id)
{
	struct uls_extension *extension = id < OSEXT_ULS_EXTENSIONS_MAX ? READ_ONCE(uls_extensions[id]) : NULL;

	if (!extension)
		return ERR_PTR(-ENOENT);
	if (extension->session != session && !ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN))
		return ERR_PTR(-EPERM);
	return extension;
}

/* Under the lock: 0; or 1: the caller's waiter is in the list; or a negative errno, and nothing was done. */
static int begin(const struct file *session, struct osext_uls_pass *pass, struct waiter *own)
{
	struct uls_extension *extension = find(session, pass->id);
	u32 *put, *wait;
	struct waiter *waiter, *next;

	if (IS_ERR(extension))
		return PTR_ERR(extension);
	put = find_word(extension, pass->put);
	wait = find_word(extension, pass->wait);
	if ((pass->put && !put) || (pass->wait && !wait))
		return -EINVAL;
	if (wait) {
		pass->got = READ_ONCE(*wait);
		if (put == wait)
			pass->got = pass->value;
		if (pass->got == pass->known) {
			own->task = current;
			own->id = pass->id;
			own->address = pass->wait;
			own->known = pass->known;
			own->result = 1;
			/* Before anybody is woken: the way to the other one is then one switch. */
			set_current_state(TASK_INTERRUPTIBLE);
		}
	}
	if (put) {
		WRITE_ONCE(*put, pass->value);
		list_for_each_entry_safe(waiter, next, &waiters, list)
			if (waiter->address == pass->put)
				wake(waiter, pass->value, 0);
	}
	if (!own->task)
		return 0;
	list_add_tail(&own->list, &waiters);
	return 1;
}

static int sleep(struct waiter *own)
{
	for (;;) {
		int result = smp_load_acquire(&own->result);

		if (result != 1)
			break;
		if (signal_pending(current)) {
			spin_lock(&lock);
			if (own->result == 1) {
				list_del(&own->list);
				own->result = -EINTR;
			}
			spin_unlock(&lock);
			break;
		}
		schedule();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return own->result;
}

/*
 * -ENOENT: no such extension; -EPERM; -EINVAL: not words of its data; -EINTR: the word
 * was left, and a signal came; -EOWNERDEAD: the extension ended meanwhile.
 */
long uls_pass(const struct file *session, struct osext_uls_pass *pass)
{
	struct waiter own = {};
	int result;

	spin_lock(&lock);
	result = begin(session, pass, &own);
	spin_unlock(&lock);
	if (result <= 0)
		return result;
	result = sleep(&own);
	pass->got = own.got;
	return result;
}

/* The extension ends, and nobody finds it any more. */
void uls_pass_end(u32 id)
{
	struct waiter *waiter, *next;

	spin_lock(&lock);
	list_for_each_entry_safe(waiter, next, &waiters, list)
		if (waiter->id == id)
			wake(waiter, 0, -EOWNERDEAD);
	spin_unlock(&lock);
}

/*
 * An upcall of the extension has returned.  Whoever waits from now on sees the words as
 * it left them.  Context: on the way to user mode, interrupts off, not under uls_lock.
 */
void uls_pass_look(u32 id)
{
	struct waiter *waiter, *next;
	u32 now;

	spin_lock(&lock);
	list_for_each_entry_safe(waiter, next, &waiters, list) {
		if (waiter->id != id)
			continue;
		now = READ_ONCE(*(u32 *)uls_alias(waiter->address));
		if (now != waiter->known)
			wake(waiter, now, 0);
	}
	spin_unlock(&lock);
}
