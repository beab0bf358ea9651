// SPDX-License-Identifier: GPL-2.0
/*
 * A guest's context as its owner carries it: general registers, fs and gs, FPU
 * and vector registers.  The owner saves them when it offers the guest to the
 * executive and loads what comes back, which may be anything.
 */
#include <linux/ptrace.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <asm/asm.h>
#include <asm/fpu/api.h>
#include <asm/fpu/sched.h>
#include <asm/fpu/types.h>
#include <asm/msr.h>

#include "hijack.h"

/* AMX tiles need a permission that the executive's thread does not have. */
#define XFEATURES_TILES (3ULL << 17)
#define XFEATURE_MXCSR_BITS 0xffbf	/* where the processor gives no mask */

static u64 fpu_features;
static u32 mxcsr_mask;
static u32 pkru_offset;		/* in the XSAVE area; 0 = no protection keys */

static u64 read_xcr0(void)
{
	u32 low, high;

	asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low | (u64)high << 32;
}

/* May sleep.  0, or -ENXIO if the vector state does not fit osext_hijack_state. */
int hijack_context_check(void)
{
	u32 size, offset, ecx, edx, component;
	struct fxregs_state *fx;

	fpu_features = read_xcr0() & ~XFEATURES_TILES;
	for (component = 2; component < 63; component++) {
		if (!(fpu_features >> component & 1))
			continue;
		cpuid_count(0xd, component, &size, &offset, &ecx, &edx);
		if (offset + size > sizeof_field(struct osext_hijack_state, fpu))
			return -ENXIO;
		if (component == XFEATURE_PKRU)
			pkru_offset = offset;
	}
	fx = kzalloc(sizeof(*fx), GFP_KERNEL);	/* aligned to its size, so to 16 */
	if (!fx)
		return -ENOMEM;
	kernel_fpu_begin();
	asm volatile("fxsave64 (%0)" ::"r"(fx) : "memory");
	kernel_fpu_end();
	mxcsr_mask = fx->mxcsr_mask ?: XFEATURE_MXCSR_BITS;
	kfree(fx);
	return 0;
}

/* With preemption off, and the user's FPU state in the registers. */
static void fpu_begin(void)
{
	fpregs_lock();
	if (test_thread_flag(TIF_NEED_FPU_LOAD))
		switch_fpu_return();
}

static_assert(offsetof(struct osext_hijack_state, request) == offsetof(struct pt_regs, orig_ax));
static_assert(offsetof(struct osext_hijack_state, ss) == offsetof(struct pt_regs, ss));

void hijack_context_save(struct osext_hijack_state *state)
{
	memcpy(state, current_pt_regs(), sizeof(struct pt_regs));
	state->fault_number = 0;

	fpu_begin();
	asm volatile("xsave64 (%0)" ::"r"(state->fpu), "a"((u32)fpu_features), "d"((u32)(fpu_features >> 32))
		     : "memory");
	fpregs_unlock();
	/* The executive lives under the guest's keys when it has loaded this. */
	if (pkru_offset)
		state->fpu[pkru_offset] &= ~PKRU_KEY0;

	preempt_disable();
	rdmsrl(MSR_FS_BASE, state->fs_base);
	rdmsrl(MSR_KERNEL_GS_BASE, state->gs_base);
	preempt_enable();
}

/* What XRSTOR refuses is taken out. */
static void sanitise_fpu(struct xregs_state *fpu)
{
	u64 features = fpu->header.xfeatures & fpu_features;

	fpu->i387.mxcsr &= mxcsr_mask;
	memset(&fpu->header, 0, sizeof(fpu->header));
	fpu->header.xfeatures = features;
}

/* 0, or -EINVAL: no state that a user thread can have. */
int hijack_context_load(struct osext_hijack_state *state)
{
	struct pt_regs *regs = current_pt_regs();
	struct xregs_state *fpu = (struct xregs_state *)state->fpu;
	int error = 0;

	if (state->ip >= TASK_SIZE_MAX || state->fs_base >= TASK_SIZE_MAX || state->gs_base >= TASK_SIZE_MAX)
		return -EINVAL;
	state->flags = (state->flags & (GUEST_FLAGS | IRET_FLAGS)) | EXECUTIVE_FLAGS;
	state->cs = __USER_CS;
	state->ss = __USER_DS;
	memcpy(regs, state, sizeof(struct pt_regs));

	sanitise_fpu(fpu);
	fpu_begin();
	asm volatile("1: xrstor64 (%[fpu])\n"
		     "2:\n"
		     _ASM_EXTABLE_TYPE_REG(1b, 2b, EX_TYPE_EFAULT_REG, %[error])
		     : [error] "+r"(error)
		     : [fpu] "r"(fpu), "a"((u32)fpu_features), "d"((u32)(fpu_features >> 32))
		     : "memory");
	fpregs_unlock();
	if (error)
		return -EINVAL;

	preempt_disable();
	wrmsrl(MSR_FS_BASE, state->fs_base);
	wrmsrl(MSR_KERNEL_GS_BASE, state->gs_base);
	current->thread.fsbase = state->fs_base;
	current->thread.gsbase = state->gs_base;
	preempt_enable();
	return 0;
}
