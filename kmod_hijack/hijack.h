/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's own structures: one session an open file, at most one of them
 * with a living executive; and its guests, each with a task that owns it.
 *
 * Who may touch what: `private` belongs to the executive's thread (its stub,
 * its operations, its scheduling notifiers), so it needs no lock, but for
 * `slow`, where others may set bits.  A guest's context belongs to whoever its
 * `place` says; places, events and the table change under `spin`.  Set-up is
 * under `lock`.
 */
#ifndef OSEXT_KMOD_HIJACK_HIJACK_H
#define OSEXT_KMOD_HIJACK_HIJACK_H

#include <linux/hashtable.h>
#include <linux/irq_work.h>
#include <linux/kref.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/signal_types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <asm/pgtable.h>
#include <asm/ptrace.h>

#include <osext/hijack.h>

#include "layout.h"

struct hijack_private {
	u32 state;		/* STATE_*: who runs; read by hijack_state() */
	atomic_t slow;		/* SLOW_*: why the stub must not take its fast path */
	p4d_t *slot;		/* where the guest's tables would map the executive */
	p4d_t slot_value;	/* what to store there */
	u64 entry;
	u64 stack;
	u64 limit;		/* TASK_SIZE_MAX: instruction pointers stay below */
	u64 ax;			/* of a guest that traps by the slow path */
	u32 operation;
	u32 unused;
	u64 fast_traps;
	u64 fast_resumes;
	u64 dx;			/* scratch of the stub */
	u64 flush_end;		/* INVLPG every page from the region's start to here (SLOW_BY_PAGE) */
	u64 upcall;		/* where an interrupted guest arrives in the executive */
	u64 fast_faults;
	/* With delivery by handler: where the kernel keeps the thread's alternate signal stack, and what belongs there. */
	unsigned long *alternate_at;
	u64 alternate_guest, alternate_executive;
};

/* Who has the guest's registers. */
enum hijack_place {
	PLACE_OWNER,		/* its owner: it serves a call */
	PLACE_OFFERED,		/* they are in `context`, for the executive to take */
	PLACE_EXECUTIVE,
	PLACE_GONE,		/* nobody: the owner died or left */
};

struct hijack_guest {
	struct kref references;
	struct hijack_session *session;
	u32 id;
	u32 family;			/* numbers the join that it comes from */
	enum hijack_place place;
	u32 events;			/* bits of OSEXT_HIJACK_EVENT_* that the executive has not seen */
	struct list_head event_link;
	struct hlist_node owner_link;	/* in the table of owners */

	struct task_struct *owner;
	struct callback_head adoption;	/* makes a task the owner on its way to user mode */
	struct preempt_notifier watch;	/* of the owner: says when it blocks */
	bool watched;
	struct work_struct burial;	/* drops the owner's reference after its death */
	bool blocked;			/* asleep, and its waking would be news to the executive */
	struct hijack_guest *newborn;	/* for the child of the fork that the owner serves now */
	struct task_struct *vfork_parent;	/* of a child that was to share its memory; vfork.c */
	wait_queue_head_t wait;		/* the owner, for `asked` or the session's end */
	bool asked;			/* by the executive: serve `context` */
	bool leave;			/* and then go on natively */

	struct mm_struct *mm;		/* kept from being freed, not from being emptied */
	struct mmu_notifier guard;	/* watches the reservation there */
	bool unfit;			/* the reservation was taken away */
	bool mapping;			/* hijack_reserve() maps for it, now */
	struct hijack_global *global;	/* if its pages are; see global.c */

	struct osext_hijack_state *context;	/* a page */
};

/* Whether a session's guests have global pages. */
enum hijack_pages {
	PAGES_BY_PARAMETER,
	PAGES_GLOBAL,
	PAGES_NOT_GLOBAL,
};

#define REGION_PAGES_MAX (OSEXT_HIJACK_REGION_MAX_BYTES / PAGE_SIZE)

struct hijack_session {
	struct mutex lock;
	wait_queue_head_t wait;		/* the executive's thread, for events; the host, for `ready` */
	bool attached, ready, idle, dead;
	bool buried;			/* hijack_bury() is through */
	struct task_struct *mapper;	/* attaches now: hijack_delivery_map() maps for it */
	bool by_handler;		/* how its signals come; delivery.c */
	enum hijack_pages guest_pages;
	bool noted;			/* by_handler: one came while the executive ran, which has not asked since */
	int exit_signal;		/* what the thread died of */

	struct page **pages;		/* the region; the first is the shared page */
	unsigned long page_count;
	struct page *private_page;
	struct hijack_private *private;	/* and behind it: */
	struct osext_hijack_shared *shared;

	struct task_struct *thread;	/* the executive's */
	struct mm_struct *home;
	struct preempt_notifier preempt;
	int cpu;
	struct hijack_guest *current_guest;	/* whose address space the thread is in; NULL at home */
	struct mm_struct *current_mm;	/* that address space, kept until the executive is unmapped there */

	struct kernel_siginfo signal;	/* taken, and not told yet */
	bool has_signal;

	spinlock_t spin;
	struct hijack_guest *guests[OSEXT_HIJACK_GUESTS_MAX];
	u32 families;			/* that there were */
	struct list_head events;
	struct list_head dying;		/* guests out of the table whose owners still end */
	struct irq_work nudge;		/* wakes the thread from where no lock may be taken */
	bool woken;			/* OSEXT_HIJACK_EVENT_WOKEN */

	atomic_t living;		/* guests that are not freed; each keeps the file open */
	struct file *file;		/* the open file that this session is */
	struct work_struct burial;
	struct osext_hijack_statistics statistics;
};

static inline u32 hijack_state(const struct hijack_session *session)
{
	return session->private->state & ~(STATE_SLOW | STATE_HANDLER);
}

extern struct task_struct *hijack_thread;	/* the executive's thread, or NULL */
extern struct hijack_session *hijack_active;	/* its session; valid for that thread */
extern char *hijack_flush;
extern uint hijack_flush_pages;
extern bool hijack_by_entry;	/* the engine: the kernel's own entry, or the stub */
extern bool hijack_leave_hooked, hijack_use_global, hijack_global_stale, hijack_moving_stale, hijack_mark_timers;

/* engine.c: mapping the executive, and where the stub may look.  hook and
 * unhook may be called with interrupts off; the others may sleep. */
void hijack_hook(struct hijack_session *session);
void hijack_unhook(struct hijack_session *session, u32 state);
long hijack_switch(struct hijack_session *session, struct hijack_guest *guest, u64 stack);
void hijack_go_home(struct hijack_session *session);
void hijack_drop_current(struct hijack_session *session);
void hijack_end_test(struct hijack_guest *guest);
void hijack_engine_init(void);
void hijack_engine_start(struct hijack_session *session);
void hijack_engine_stop(struct hijack_session *session);

/* slot.c */
p4d_t *hijack_slot_of(struct mm_struct *mm);
void hijack_write_slot(p4d_t *slot, p4d_t value);
void hijack_flush_slot(void);

/* trace.c: start and stop are for the executive's thread. */
int hijack_trace_init(void);
void hijack_trace_exit(void);
void hijack_trace_start(void);
void hijack_trace_stop(void);
void hijack_trace_forks(struct task_struct *child);

/* global.c: all but hijack_global_left() may sleep. */
int hijack_global_attach(struct hijack_session *session, u64 flags);
struct hijack_global *hijack_global_start(const struct hijack_session *session, struct mm_struct *mm);
void hijack_global_stop(struct hijack_global *global);
bool hijack_global_suspend(struct hijack_global *global, unsigned int nr);
void hijack_global_resume(struct hijack_global *global);
void hijack_global_refresh(struct hijack_global *global, unsigned int nr);
void hijack_global_left(const struct mm_struct *mm);
unsigned long hijack_global_flushes(void);
void hijack_global_exit(void);

/* context.c: called by the task whose context it is; may sleep. */
int hijack_context_check(void);
void hijack_context_save(struct osext_hijack_state *state);
int hijack_context_load(struct osext_hijack_state *state);

/* guest.c: guests as the executive sees them. */
struct hijack_guest *hijack_guest_new(struct hijack_session *session, const struct hijack_guest *parent);
void hijack_guest_put(struct hijack_guest *guest);
void hijack_guest_free(struct hijack_guest *guest);
void hijack_post(struct hijack_guest *guest, u32 kind);
u64 hijack_pop_event(struct hijack_session *session);
void hijack_reap(struct hijack_session *session, bool all);
bool hijack_servants_wait(struct hijack_session *session);
long hijack_take(struct hijack_session *session, u32 id, void __user *to);
long hijack_serve(struct hijack_session *session, u32 id, void __user *from, bool leave);
struct hijack_guest *hijack_held_guest(struct hijack_session *session, u32 id);
void hijack_lay_off(struct hijack_guest *guest);

/* owner.c: who owns which guest. */
void hijack_own(struct hijack_guest *guest, struct task_struct *task);
struct hijack_guest *hijack_guest_of(struct task_struct *task);
void hijack_hire(struct hijack_guest *guest);
void hijack_resign(struct hijack_guest *guest);
void hijack_owner_exits(struct task_struct *task);
void hijack_owner_forks(struct task_struct *child);
void hijack_owner_wakes(struct task_struct *task);

/* servant.c: what an owner does.  memory.c: the memory that it does it in. */
void hijack_drive(struct callback_head *work);
int hijack_enter_memory(struct hijack_guest *guest);
void hijack_quit_memory(struct hijack_guest *guest);
void hijack_leave_memory(struct hijack_guest *guest);
int hijack_map_uncounted(struct hijack_session *session, unsigned long address, unsigned long bytes,
			 unsigned long protection, unsigned long offset);
void hijack_before_fork(struct hijack_guest *guest);
void hijack_after_fork(struct hijack_guest *guest);

/* vfork.c */
bool hijack_unshare_memory(struct pt_regs *call, unsigned int *nr);
void hijack_vfork_born(struct hijack_guest *guest);
void hijack_vfork_done(struct hijack_guest *guest);
void hijack_share_changes(const struct hijack_guest *guest, unsigned int nr);

/* session.c */
int hijack_attach(struct hijack_session *session, const struct osext_hijack_attach *arguments);
long hijack_join(struct hijack_session *session);
void hijack_condemn(struct hijack_session *session, const char *why);
void hijack_notify(struct hijack_session *session);
void hijack_bury(struct work_struct *work);
int hijack_session_init(void);
void hijack_session_exit(void);
extern struct workqueue_struct *hijack_workqueue;

/* divert.c, operation.c, signal.c, deny.c */
struct ftrace_ops;
int hijack_divert_init(void);
void hijack_divert_exit(void);
int hijack_divert(struct ftrace_ops *ops, unsigned long address);
long hijack_operate(struct hijack_session *session, struct pt_regs *regs, u32 operation);
void hijack_signals(struct pt_regs *regs);
void hijack_upcall(struct hijack_session *session, struct pt_regs *regs);
void hijack_check_guest(struct hijack_session *session, const struct pt_regs *regs);
bool hijack_next_signal(struct hijack_session *session);
long hijack_deny(unsigned int nr, const struct pt_regs *regs);

/* delivery.c: signals by handler; the maps may sleep. */
int hijack_delivery_init(void);
void hijack_delivery_exit(void);
int hijack_delivery_attach(struct hijack_session *session, u64 signal_stack);
int hijack_delivery_map(struct hijack_session *session, bool guest);
int hijack_delivery_mmap(struct vm_area_struct *vma);
long hijack_delivery_notify(struct hijack_session *session);

/* region.c */
bool hijack_maps_region(struct hijack_session *session, struct mm_struct *mm);
bool hijack_owns_slot(struct hijack_session *session);
int hijack_reserve(struct hijack_session *session);
unsigned long hijack_reserved_pages(const struct hijack_session *session);
void hijack_unreserve(struct hijack_session *session);
bool hijack_in_reserved(const struct hijack_session *session, unsigned long start, unsigned long end);
bool hijack_in_region(struct hijack_session *session, u64 address, u64 bytes);
int hijack_refuse_mremap(struct vm_area_struct *vma);
int hijack_refuse_split(struct vm_area_struct *vma, unsigned long address);
int hijack_mmap(struct file *file, struct vm_area_struct *vma);
long hijack_read_region(struct hijack_session *session, const struct osext_hijack_read *arguments);
void hijack_free_region(struct hijack_session *session);

/* mark.c; may sleep. */
int hijack_mark_init(void);
void hijack_mark_exit(void);

/* device.c */
int hijack_device_init(void);
void hijack_device_exit(void);

/* arm.c */
int hijack_arm_init(void);
void hijack_arm_exit(void);

#endif
