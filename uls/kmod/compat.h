/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything that differs between kernel versions, and the kernel's internals
 * that are not exported; looked up at load, and one missing is a reason not to
 * load.
 */
#ifndef OSEXT_ULS_KMOD_COMPAT_H
#define OSEXT_ULS_KMOD_COMPAT_H

#include <linux/ftrace.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/tracepoint.h>
#include <linux/version.h>

struct uls_kernel {
	unsigned long force_signal;	/* the function behind every signal of a fault */
	struct tracepoint *process_exit, *process_exec, *process_fork;
};

extern struct uls_kernel uls_kernel;

/* 0, or -ENOENT after a line in the kernel log.  May sleep. */
int uls_compat_init(void);

/*
 * The signal is forced upon `task`, as after a fault.  Context: the task's own, where it is diverted
 * like others; or stop_machine(), for a task that does not run.
 */
void uls_force_signal(struct kernel_siginfo *info, struct task_struct *task);

/* do_munmap().  Under the mmap lock, for writing; may sleep. */
int uls_do_munmap(struct mm_struct *mm, unsigned long start, size_t bytes);

/* ptrace_may_access().  May not sleep. */
bool uls_ptrace_may_access(struct task_struct *task, unsigned int mode);

/* True if the task runs with a user shadow stack, which would not know the return to the stub. */
static inline bool uls_has_shadow_stack(struct task_struct *task)
{
#ifdef CONFIG_X86_USER_SHADOW_STACK
	return task->thread.features & 1;	/* ARCH_SHSTK_SHSTK */
#else
	return false;
#endif
}

/* True if the processor delivers events by FRED, with another frame on the stack. */
static inline bool uls_has_fred(void)
{
#ifdef X86_FEATURE_FRED
	return cpu_feature_enabled(X86_FEATURE_FRED);
#else
	return false;
#endif
}

/*
 * A superpage's entry of which get_user_pages_fast() takes no references: it looks at
 * the bit that says so ("special", always set here) since 6.12, and before only at
 * the one of device memory, whose owner it does not find then.
 */
static inline u64 uls_without_pins(u64 entry)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
	return entry | _PAGE_DEVMAP;
#else
	return entry;
#endif
}

static inline void uls_vma_flags(struct vm_area_struct *vma, unsigned long set, unsigned long clear)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_mod(vma, set, clear);
#else
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#endif
}

/* The function's argument `n`. */
static inline unsigned long uls_argument(struct ftrace_regs *fregs, unsigned int n)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return ftrace_regs_get_argument(fregs, n);
#else
	return n == 0 ? fregs->regs.di : n == 1 ? fregs->regs.si : fregs->regs.dx;
#endif
}

static inline void uls_set_ip(struct ftrace_regs *fregs, unsigned long ip)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	ftrace_regs_set_instruction_pointer(fregs, ip);
#else
	ftrace_instruction_pointer_set(fregs, ip);
#endif
}

#endif
