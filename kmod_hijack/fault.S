/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The processor's page-fault gate while the module is loaded.
 *
 * Other tasks pay nine instructions for a fault in user mode, five for
 * one in the kernel, and go on to the kernel's own handler with registers and
 * stack as they were.
 *
 * Only a guest's touch of the executive's place goes to the executive from here:
 * that there is nothing else in that slot is what the reservation is for, so the
 * kernel could only say SEGV_ACCERR.  The executive finds what hijack_upcall()
 * would have left, in the shared page and in the live registers.
 *
 * Context: interrupts off; from user mode on the entry stack, where NMI, #DB and
 * #MC never run; no calls, no indirect branches.  A mispredicted first branch
 * could run this with the user's gs base, so nothing found by it is followed
 * before a fence.
 */
#include <linux/linkage.h>
#include <asm/asm-offsets.h>
#include <asm/nospec-branch.h>
#include <asm/percpu.h>
#include <asm/segment.h>
#include <asm/trapnr.h>
#include <asm/unwind_hints.h>

#include <osext/hijack.h>

#include "layout.h"

#define FAULT_ERROR 0
#define FAULT_IP 8
#define FAULT_CS 16
#define FAULT_FLAGS 24
#define FAULT_SP 32
#define FAULT_PUSHED 24			/* rax, rcx, rdx */

#define SHARED_BY(register, field) (PRIVATE_SHARED + OSEXT_HIJACK_SHARED_##field)(register)

.macro COPY_FAULT from field
	movq	FAULT_PUSHED + \from(%rsp), %rax
	movq	%rax, (PRIVATE_SHARED + \field)(%rcx)
.endm

	.text

SYM_CODE_START(hijack_page_fault)
	UNWIND_HINT_IRET_REGS offset=8
	ENDBR
	testb	$3, FAULT_CS(%rsp)
	jz	.Lfault_of_kernel
	swapgs
	cmpq	$0, PER_CPU_VAR(hijack_current)
	jne	.Lfault_of_thread
.Lfault_of_others:
	swapgs
.Lfault_of_kernel:
	jmp	__SCT__hijack_native_page_fault

.Lfault_of_thread:
	ALTERNATIVE "", "lfence", X86_FEATURE_FENCE_SWAPGS_USER
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	movq	%cr2, %rax
	shrq	$EXECUTIVE_SHIFT, %rax
	cmpq	$EXECUTIVE_PLACE, %rax
	jne	.Lno_touch
	/* A locked guest has protection keys that would lock the executive too: not from here. */
	ALTERNATIVE "jmp .Lfault_keys_checked", "", X86_FEATURE_OSPKE
	xorl	%ecx, %ecx
	rdpkru
	testb	$PKRU_KEY0, %al
	jnz	.Lno_touch
.Lfault_keys_checked:
	movq	PER_CPU_VAR(hijack_current), %rcx
	movl	PRIVATE_STATE(%rcx), %eax
	andl	$~STATE_HANDLER, %eax
	cmpl	$STATE_GUEST, %eax
	jne	.Lno_touch
	cmpw	$__USER_CS, FAULT_PUSHED + FAULT_CS(%rsp)
	jne	.Lno_touch

	COPY_FAULT FAULT_IP, OSEXT_HIJACK_SHARED_IP
	COPY_FAULT FAULT_FLAGS, OSEXT_HIJACK_SHARED_FLAGS
	COPY_FAULT FAULT_SP, OSEXT_HIJACK_SHARED_SP
	COPY_FAULT FAULT_ERROR, OSEXT_HIJACK_SHARED_SIGNAL_ERROR
	movq	%cr2, %rax
	movq	%rax, SHARED_BY(%rcx, SIGNAL_ADDRESS)
	movq	$TOUCH_SIGNAL, SHARED_BY(%rcx, SIGNAL_NUMBER)
	movq	$TOUCH_CODE, SHARED_BY(%rcx, SIGNAL_CODE)
	movq	$X86_TRAP_PF, SHARED_BY(%rcx, SIGNAL_TRAP)
	movq	%r11, SHARED_BY(%rcx, R11)
	movq	PRIVATE_SLOT(%rcx), %rax
	movq	PRIVATE_SLOT_VALUE(%rcx), %rdx
	movq	%rdx, (%rax)
	testl	$STATE_HANDLER, PRIVATE_STATE(%rcx)
	jz	.Lfault_by_hook
	movq	PRIVATE_ALTERNATE_AT(%rcx), %rax
	movq	PRIVATE_ALTERNATE_EXECUTIVE(%rcx), %rdx
	movq	%rdx, (%rax)
.Lfault_by_hook:
	movl	$STATE_EXECUTIVE, PRIVATE_STATE(%rcx)
	incq	PRIVATE_FAST_FAULTS(%rcx)
	movl	$EXECUTIVE_FLAGS, %r11d
	popq	%rdx
	popq	%rax			/* the guest's rcx */
	movq	%rax, SHARED_BY(%rcx, CX)
	popq	%rax
	movq	%rax, SHARED_BY(%rcx, AX)
	movq	PRIVATE_STACK(%rcx), %rsp
	movq	PRIVATE_UPCALL(%rcx), %rcx
	swapgs
	/* On AMD the stack segment's cached attributes stay those of the exception: the executive's are not looked at. */
	sysretq
	int3

.Lno_touch:
	popq	%rdx
	popq	%rcx
	popq	%rax
	jmp	.Lfault_of_others
SYM_CODE_END(hijack_page_fault)

	.section .note.GNU-stack, "", @progbits
