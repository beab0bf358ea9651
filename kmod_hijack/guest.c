// SPDX-License-Identifier: GPL-2.0
/*
 * Guests as the executive sees them: a number, events, and registers to take
 * and to give back.
 *
 * A guest's registers are in one place at a time: with its owner, which serves
 * a call; offered in `context`; or with the executive.  Places and events
 * change under the session's spin lock.
 */
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/file.h>

#include "hijack.h"

/*
 * A new guest with a number, nobody's yet, or an ERR_PTR: -EAGAIN if there are too many.
 * `parent` forks it; NULL: it joins by itself.
 * The caller has a reference; the session's table has another.  May sleep.
 */
struct hijack_guest *hijack_guest_new(struct hijack_session *session, const struct hijack_guest *parent)
{
	struct hijack_guest *guest = kzalloc(sizeof(*guest), GFP_KERNEL_ACCOUNT);
	unsigned int id;

	if (!guest)
		return ERR_PTR(-ENOMEM);
	guest->context = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!guest->context) {
		kfree(guest);
		return ERR_PTR(-ENOMEM);
	}
	kref_init(&guest->references);
	init_waitqueue_head(&guest->wait);
	INIT_LIST_HEAD(&guest->event_link);
	INIT_HLIST_NODE(&guest->owner_link);
	guest->place = PLACE_OWNER;
	guest->session = session;

	spin_lock_irq(&session->spin);
	for (id = 0; id < OSEXT_HIJACK_GUESTS_MAX && session->guests[id]; id++)
		;
	if (session->dead || id == OSEXT_HIJACK_GUESTS_MAX) {
		spin_unlock_irq(&session->spin);
		free_page((unsigned long)guest->context);
		kfree(guest);
		return ERR_PTR(-EAGAIN);
	}
	guest->id = id;
	guest->family = parent ? parent->family : session->families++;
	session->guests[id] = guest;
	session->statistics.guests++;
	kref_get(&guest->references);
	spin_unlock_irq(&session->spin);
	atomic_inc(&session->living);
	get_file(session->file);
	return guest;
}

static void release(struct kref *references)
{
	struct hijack_guest *guest = container_of(references, struct hijack_guest, references);

	hijack_lay_off(guest);
	if (atomic_dec_and_test(&guest->session->living))
		wake_up_all(&guest->session->wait);
	fput(guest->session->file);	/* may end the session, later and elsewhere */
	free_page((unsigned long)guest->context);
	kfree(guest);
}

/* May sleep. */
void hijack_guest_put(struct hijack_guest *guest)
{
	kref_put(&guest->references, release);
}

/* Takes the guest out of the table; its number is free.  Context: any; frees nothing. */
static bool remove(struct hijack_guest *guest)
{
	struct hijack_session *session = guest->session;

	lockdep_assert_held(&session->spin);
	if (session->guests[guest->id] != guest)
		return false;
	session->guests[guest->id] = NULL;
	session->statistics.guests--;
	list_del_init(&guest->event_link);
	return true;
}

/* The table's reference goes, and with it the number.  May sleep. */
void hijack_guest_free(struct hijack_guest *guest)
{
	bool removed;

	spin_lock_irq(&guest->session->spin);
	removed = remove(guest);
	spin_unlock_irq(&guest->session->spin);
	if (removed)
		hijack_guest_put(guest);
}

/* Tells the executive.  Context: any; the spin lock is held. */
void hijack_post(struct hijack_guest *guest, u32 kind)
{
	struct hijack_session *session = guest->session;

	lockdep_assert_held(&session->spin);
	if (session->guests[guest->id] != guest)
		return;
	guest->events |= 1U << kind;
	if (list_empty(&guest->event_link))
		list_add_tail(&guest->event_link, &session->events);
	hijack_notify(session);
}

/*
 * The next event for the executive, OSEXT_HIJACK_EVENT_NONE if there is none.
 * After GONE the guest is out of the table, and the thread not in its memory.
 * Context: the executive's thread; may sleep.
 */
u64 hijack_pop_event(struct hijack_session *session)
{
	struct hijack_guest *guest;
	u32 kind;
	u64 id;

	spin_lock_irq(&session->spin);
	guest = list_first_entry_or_null(&session->events, struct hijack_guest, event_link);
	if (!guest) {
		spin_unlock_irq(&session->spin);
		return OSEXT_HIJACK_EVENT_NONE;
	}
	if (guest->place == PLACE_GONE)
		guest->events = 1U << OSEXT_HIJACK_EVENT_GONE;
	kind = __ffs(guest->events);
	guest->events &= ~(1U << kind);
	if (!guest->events)
		list_del_init(&guest->event_link);
	id = guest->id;
	if (kind == OSEXT_HIJACK_EVENT_GONE) {
		remove(guest);
		list_add_tail(&guest->event_link, &session->dying);
	}
	spin_unlock_irq(&session->spin);
	if (kind == OSEXT_HIJACK_EVENT_GONE && session->current_guest == guest)
		hijack_go_home(session);
	return kind | id << 8;
}

/*
 * Lets go of guests whose owners are dead, or have left.  Until then a dying
 * owner closes files and tells its parent, for which it needs the processor.
 * Context: the executive's thread, or after it; may sleep.
 */
void hijack_reap(struct hijack_session *session, bool all)
{
	struct hijack_guest *guest, *next;
	LIST_HEAD(dead);

	spin_lock_irq(&session->spin);
	list_for_each_entry_safe(guest, next, &session->dying, event_link)
		if (all || !(guest->owner->flags & PF_EXITING) || guest->owner->exit_state)
			list_move(&guest->event_link, &dead);
	spin_unlock_irq(&session->spin);
	list_for_each_entry_safe(guest, next, &dead, event_link) {
		list_del_init(&guest->event_link);
		hijack_guest_put(guest);
	}
}

static bool waits_for_cpu(const struct task_struct *owner)
{
	return owner && !owner->exit_state && task_is_running(owner) && !READ_ONCE(owner->on_cpu);
}

/*
 * Does an owner have work that only waits for a CPU?  One whose registers the
 * executive has runs when it was killed: then it is to die.
 */
bool hijack_servants_wait(struct hijack_session *session)
{
	struct hijack_guest *guest;
	bool waits = false;
	unsigned long flags;
	unsigned int id;

	spin_lock_irqsave(&session->spin, flags);
	list_for_each_entry(guest, &session->dying, event_link)
		waits |= waits_for_cpu(guest->owner);
	for (id = 0; id < OSEXT_HIJACK_GUESTS_MAX && !waits; id++) {
		guest = session->guests[id];
		waits = guest && waits_for_cpu(guest->owner);
	}
	spin_unlock_irqrestore(&session->spin, flags);
	return waits;
}

/* The guest with that number whose registers the executive has, with a reference, or NULL. */
struct hijack_guest *hijack_held_guest(struct hijack_session *session, u32 id)
{
	struct hijack_guest *guest = NULL;

	if (id >= OSEXT_HIJACK_GUESTS_MAX)
		return NULL;
	spin_lock_irq(&session->spin);
	if (session->guests[id] && session->guests[id]->place == PLACE_EXECUTIVE) {
		guest = session->guests[id];
		kref_get(&guest->references);
	}
	spin_unlock_irq(&session->spin);
	return guest;
}

/*
 * The executive takes an offered guest's registers.  May sleep.
 * -ESRCH: no such guest; -EAGAIN: it is not offered now; -EFAULT: `to`, and the guest stays offered.
 */
long hijack_take(struct hijack_session *session, u32 id, void __user *to)
{
	const u32 notices = 1U << OSEXT_HIJACK_EVENT_ARRIVED | 1U << OSEXT_HIJACK_EVENT_SERVED;
	struct hijack_guest *guest;
	long error = 0;
	u32 untold = 0;

	if (id >= OSEXT_HIJACK_GUESTS_MAX)
		return -ESRCH;
	spin_lock_irq(&session->spin);
	guest = session->guests[id];
	if (!guest)
		error = -ESRCH;
	else if (guest->place != PLACE_OFFERED)
		error = -EAGAIN;
	else
		guest->place = PLACE_EXECUTIVE;
	if (!error) {
		kref_get(&guest->references);
		/* A second notice of what is taken now, because its owner took it back in between. */
		untold = guest->events & notices;
		guest->events &= ~notices;
		if (!guest->events)
			list_del_init(&guest->event_link);
	}
	spin_unlock_irq(&session->spin);
	if (error)
		return error;
	guest->context->family = guest->family;
	guest->context->pid = task_tgid_vnr(guest->owner);
	rcu_read_lock();	/* a dead owner has no namespace, and is 0 */
	guest->context->own_pid = task_tgid_nr_ns(guest->owner, task_active_pid_ns(guest->owner));
	rcu_read_unlock();
	if (copy_to_user(to, guest->context, sizeof(*guest->context))) {
		error = -EFAULT;
		spin_lock_irq(&session->spin);
		if (guest->place == PLACE_EXECUTIVE) {	/* else its owner died */
			guest->place = PLACE_OFFERED;
			if (untold)
				hijack_post(guest, __ffs(untold));
		}
		spin_unlock_irq(&session->spin);
	}
	hijack_guest_put(guest);
	return error;
}

/*
 * The executive gives the guest to its owner, to serve a request or for good.
 * Context: the executive's thread; may sleep.
 * -ESRCH: the executive does not have that guest; -EFAULT: `from`.
 */
long hijack_serve(struct hijack_session *session, u32 id, void __user *from, bool leave)
{
	struct hijack_guest *guest = hijack_held_guest(session, id);
	long error = 0;

	if (!guest)
		return -ESRCH;
	/* The owner may be dying, but it does not touch the context any more then. */
	if (copy_from_user(guest->context, from, sizeof(*guest->context)))
		error = -EFAULT;
	if (!error) {
		/* While the owner is at work in this memory the executive is not mapped there. */
		if (session->current_guest == guest)
			hijack_go_home(session);
		spin_lock_irq(&session->spin);
		if (guest->place == PLACE_EXECUTIVE) {
			guest->place = PLACE_OWNER;
			guest->leave = leave;
			guest->asked = true;
			WRITE_ONCE(guest->blocked, false);	/* its waking is no news */
			guest->events &= ~(1U << OSEXT_HIJACK_EVENT_RECALL);
			if (!guest->events)
				list_del_init(&guest->event_link);
		}
		spin_unlock_irq(&session->spin);
		session->statistics.serves++;
		wake_up(&guest->wait);
	}
	hijack_guest_put(guest);
	return error;
}
