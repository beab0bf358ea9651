/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything that differs between kernel versions, and the kernel's internals
 * that the module borrows.  All are looked up at load; one missing, and the
 * module does not load.
 */
#ifndef OSEXT_KMOD_HIJACK_COMPAT_H
#define OSEXT_KMOD_HIJACK_COMPAT_H

#include <linux/ftrace.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/static_call.h>
#include <linux/version.h>
#include <asm/pgtable.h>

struct mm_walk_ops;

struct hijack_kernel {
	unsigned long entry_syscall_64;
	unsigned long arch_do_signal_or_restart;
	unsigned long carrier;	/* the function of CARRIER_SYSCALL */
	unsigned long syscall_trace_enter;
	struct tracepoint *process_exit, *process_fork, *wakeup, *sched_switch;
	/* For mark.c alone; NULL or 0 if there is none. */
	struct tracepoint *timer_expiry;
	unsigned long posix_timer_fn;
};

extern struct hijack_kernel hijack_kernel;

/*
 * Unexported functions are reached by static calls: direct calls, which need
 * no ENDBR at the target (most of these functions have theirs sealed) and no
 * retpoline.
 */
DECLARE_STATIC_CALL(hijack_x64_sys_call, long(const struct pt_regs *regs, unsigned int nr));
DECLARE_STATIC_CALL(hijack_walk, int(struct mm_struct *mm, unsigned long start, unsigned long end,
				     const struct mm_walk_ops *ops, void *private));
DECLARE_STATIC_CALL(hijack_do_signal, void(struct pt_regs *regs));
DECLARE_STATIC_CALL(hijack_get_signal, bool(struct ksignal *signal));
DECLARE_STATIC_CALL(hijack_task_work_run, void(void));


/* Find the internals.  0, or -ENOENT after a line in the kernel log.  May sleep. */
int hijack_compat_init(void);

/* Address of any kernel symbol, 0 if there is none.  May sleep. */
unsigned long hijack_lookup(const char *name);

/*
 * Before the calling thread's first hijack_use_mm(): from now on the scheduler
 * keeps no number for it in its address space, which only rseq would look at.
 */
void hijack_start_switching(void);

/*
 * Let the calling user thread go on in `mm`: what exec does when it changes
 * address spaces.  Takes a reference to mm and drops the one to the old.
 * May sleep; current must be a user thread.
 */
void hijack_use_mm(struct mm_struct *mm);

/* The calling task gets the signal of a fault, past its mask.  A number that is none is ignored. */
void hijack_force_fault(int signal, int code, u64 address);

/* True if the task runs with a user shadow stack, which the stub cannot follow. */
bool hijack_has_shadow_stack(struct task_struct *task);

/* True if perf events are attached to the task: their samples would show the executive. */
static inline bool hijack_has_perf(struct task_struct *task)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	return task->perf_event_ctxp;
#else
	return task->perf_event_ctxp[0] || task->perf_event_ctxp[1];
#endif
}

/* True if the processor delivers events by FRED, past every vector the module changes. */
bool hijack_has_fred(void);

static inline void hijack_vma_flags(struct vm_area_struct *vma, unsigned long set, unsigned long clear)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_mod(vma, set, clear);
#else
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#endif
}

/* Whether this is the module's own code; within_module() walks through all its parts. */
static __always_inline bool hijack_is_own_code(unsigned long address)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	const struct module_memory *text = &THIS_MODULE->mem[MOD_TEXT];

	return address - (unsigned long)text->base < text->size;
#else
	return address - (unsigned long)THIS_MODULE->core_layout.base < THIS_MODULE->core_layout.text_size;
#endif
}

static inline void hijack_set_ip(struct ftrace_regs *fregs, unsigned long ip)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	ftrace_regs_set_instruction_pointer(fregs, ip);
#else
	ftrace_instruction_pointer_set(fregs, ip);
#endif
}

/* With page-table isolation: user mode's copy of a top-level entry, and what tags its translations. */
#if defined(CONFIG_PAGE_TABLE_ISOLATION) || defined(CONFIG_MITIGATION_PAGE_TABLE_ISOLATION)
#define HIJACK_USER_PCID (1UL << X86_CR3_PTI_PCID_USER_BIT)
static inline p4d_t *hijack_user_slot(p4d_t *slot)
{
	return kernel_to_user_p4dp(slot);
}
#else
#define HIJACK_USER_PCID 0
static inline p4d_t *hijack_user_slot(p4d_t *slot)
{
	return slot;
}
#endif

#endif
