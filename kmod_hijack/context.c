// SPDX-License-Identifier: GPL-2.0
/*
 * A thread's context, taken from one thread and given to another: general
 * registers are the caller's matter; here are fs and gs, FPU and vector
 * registers, signal handlers, mask and alternative stack.
 */
#include <linux/gfp.h>
#include <linux/sched/signal.h>
#include <asm/fpu/api.h>
#include <asm/fpu/sched.h>
#include <asm/msr.h>

#include "hijack.h"

/* AMX tiles need a permission that the executive's thread does not have. */
#define XFEATURES_TILES (3ULL << 17)

static size_t fpu_bytes;
static u64 fpu_features;

static u64 read_xcr0(void)
{
	u32 low, high;

	asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low | (u64)high << 32;
}

/* May sleep.  0 or -ENOMEM. */
int hijack_context_init(struct hijack_context *context)
{
	u32 eax, ebx, ecx, edx;

	cpuid_count(0xd, 0, &eax, &ebx, &ecx, &edx);
	fpu_bytes = ebx;	/* bytes that XSAVE needs with the enabled features */
	fpu_features = read_xcr0() & ~XFEATURES_TILES;
	context->fpu = alloc_pages_exact(fpu_bytes, GFP_KERNEL | __GFP_ZERO);
	return context->fpu ? 0 : -ENOMEM;
}

void hijack_context_free(struct hijack_context *context)
{
	if (context->fpu)
		free_pages_exact(context->fpu, fpu_bytes);
}

/* With preemption off, and the user's FPU state in the registers. */
static void fpu_begin(void)
{
	fpregs_lock();
	if (test_thread_flag(TIF_NEED_FPU_LOAD))
		switch_fpu_return();
}

void hijack_context_save(struct hijack_context *context)
{
	fpu_begin();
	asm volatile("xsave64 (%0)" ::"r"(context->fpu), "a"((u32)fpu_features), "d"((u32)(fpu_features >> 32))
		     : "memory");
	fpregs_unlock();

	preempt_disable();
	rdmsrl(MSR_FS_BASE, context->fs_base);
	rdmsrl(MSR_KERNEL_GS_BASE, context->gs_base);
	preempt_enable();

	spin_lock_irq(&current->sighand->siglock);
	memcpy(context->actions, current->sighand->action, sizeof(context->actions));
	context->blocked = current->blocked;
	spin_unlock_irq(&current->sighand->siglock);
	context->stack_base = current->sas_ss_sp;
	context->stack_size = current->sas_ss_size;
	context->stack_flags = current->sas_ss_flags;
}

void hijack_context_load(struct hijack_context *context)
{
	fpu_begin();
	asm volatile("xrstor64 (%0)" ::"r"(context->fpu), "a"((u32)fpu_features), "d"((u32)(fpu_features >> 32))
		     : "memory");
	fpregs_unlock();

	preempt_disable();
	wrmsrl(MSR_FS_BASE, context->fs_base);
	wrmsrl(MSR_KERNEL_GS_BASE, context->gs_base);
	current->thread.fsbase = context->fs_base;
	current->thread.gsbase = context->gs_base;
	preempt_enable();

	spin_lock_irq(&current->sighand->siglock);
	memcpy(current->sighand->action, context->actions, sizeof(context->actions));
	current->blocked = context->blocked;
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
	current->sas_ss_sp = context->stack_base;
	current->sas_ss_size = context->stack_size;
	current->sas_ss_flags = context->stack_flags;
}
