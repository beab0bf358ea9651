/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's own structures: one session an open file, at most one of them
 * with a living executive.
 *
 * Who may touch what: `private` belongs to the executive's thread (its stub,
 * its operations, its scheduling notifiers), so it needs no lock; the phase is
 * handed from owner to thread and back through the wait queue; set-up is under
 * `lock`.
 */
#ifndef OSEXT_KMOD_HIJACK_HIJACK_H
#define OSEXT_KMOD_HIJACK_HIJACK_H

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
	u32 state;		/* STATE_*: who runs */
	u32 slow;		/* SLOW_*: why the stub must not take its fast path */
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
};

/* Everything of a thread that moves with the guest between owner and executive. */
struct hijack_context {
	struct pt_regs regs;
	unsigned long fs_base, gs_base;
	void *fpu;
	struct k_sigaction actions[_NSIG];
	sigset_t blocked;
	unsigned long stack_base;
	size_t stack_size;
	unsigned int stack_flags;
};

enum hijack_phase {
	PHASE_NONE,	/* no guest */
	PHASE_HANDED,	/* the owner waits, the thread may take the guest */
	PHASE_RUNNING,	/* the thread runs it */
	PHASE_RETURNED,	/* the owner may take it back */
};

#define REGION_PAGES_MAX (OSEXT_HIJACK_REGION_MAX_BYTES / PAGE_SIZE)

struct hijack_session {
	struct mutex lock;
	wait_queue_head_t wait;
	enum hijack_phase phase;
	bool attached, idle, dead, guarded;
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

	struct mm_struct *guest;
	struct mmu_notifier guard;	/* watches the reservation in the guest */
	struct hijack_context context;

	struct file *file;		/* the open file that this session is; held while attached */
	struct work_struct burial;
	struct osext_hijack_statistics statistics;
};

extern struct task_struct *hijack_thread;	/* the executive's thread, or NULL */
extern struct hijack_session *hijack_active;	/* its session; valid for that thread */
extern bool hijack_slow_path, hijack_leave_hooked;

/* engine.c: mapping the executive, and where the stub may look.  All but
 * hijack_engine_start/stop may be called with interrupts off. */
void hijack_hook(struct hijack_session *session);
void hijack_unhook(struct hijack_session *session, u32 state);
bool hijack_choose_slot(struct hijack_session *session, struct mm_struct *guest);
void hijack_engine_start(struct hijack_session *session);
void hijack_engine_stop(struct hijack_session *session);

/* context.c: called by the thread whose context it is; may sleep. */
void hijack_context_save(struct hijack_context *context);
void hijack_context_load(struct hijack_context *context);
int hijack_context_init(struct hijack_context *context);
void hijack_context_free(struct hijack_context *context);

/* session.c */
int hijack_attach(struct hijack_session *session, const struct osext_hijack_attach *arguments);
long hijack_join(struct hijack_session *session);
long hijack_next(struct hijack_session *session, struct pt_regs *regs);
void hijack_give_back(struct hijack_session *session, const struct pt_regs *regs);
void hijack_condemn(struct hijack_session *session, const char *why);
void hijack_bury(struct work_struct *work);
int hijack_session_init(void);
void hijack_session_exit(void);

/* operation.c */
int hijack_operation_init(void);
void hijack_operation_exit(void);

/* device.c */
bool hijack_maps_region(struct hijack_session *session, struct mm_struct *mm);
bool hijack_maps_reservation(struct mm_struct *mm);
bool hijack_owns_slot(struct hijack_session *session);
int hijack_device_init(void);
void hijack_device_exit(void);

/* arm.c */
extern u32 hijack_sysenter_cs;
int hijack_arm_init(void);
void hijack_arm_exit(void);

#endif
