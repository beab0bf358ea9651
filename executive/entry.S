/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The executive's gate: where guests arrive and from where they are resumed.
 *
 * On arrival rsp is the end of the current guest's frame, and every general
 * register but rcx and r11 still holds the guest's value.  A call gets the full
 * treatment: everything is saved into the frame and a C++ handler runs on the
 * executive's own stack.  Only the numbers from
 * OSEXT_HIJACK_MINIMAL on, and the one system call that a guest chose, are served
 * right here, touching nothing they need not.
 */
#include <osext/hijack.h>
#include <osext/marker.h>

#include "executive/frame.h"
#include "executive/state.h"

#define EXECUTIVE_BASE 0x200000000000

/* The guest's result becomes the time-stamp counter; its rdx stays. */
.macro TIME_STAMP
	pushq	%rdx
	rdtsc
	shlq	$32, %rdx
	orq	%rdx, %rax
	movq	%rax, executive_shared + OSEXT_HIJACK_SHARED_AX(%rip)
	popq	%rdx
.endm

	.section .text.entry, "ax", @progbits

/* rdi = struct Boot (boot.h), rsp = the top of the stack. */
	.globl executive_start
executive_start:
	movq	%rsp, executive_stack(%rip)
	xorl	%ebp, %ebp
	call	executive_main
	ud2

.macro SAVE
	pushq	%r15
	pushq	%r14
	pushq	%r13
	pushq	%r12
	pushq	%rbp
	pushq	%rbx
	pushq	%r9
	pushq	%r8
	pushq	%r10
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	rdfsbase %rcx
	pushq	%rcx
	rdgsbase %rcx
	pushq	%rcx
	pushq	%rax
	movq	%rsp, %rdi
	movq	executive_stack(%rip), %rsp
.endm

/* A guest was interrupted: rsp is the end of its frame, rax is in the shared page too. */
	.globl executive_upcall
executive_upcall:
	SAVE
	call	executive_interrupted
	jmp	.Lleave

/* A guest's system call: rsp is the end of its frame. */
	.globl executive_entry
executive_entry:
	cmpl	$OSEXT_HIJACK_MINIMAL, %eax
	jae	.Lminimal
	cmpl	executive_minimal_call(%rip), %eax
	je	.Linterpose
	SAVE
	call	executive_handle
.Lleave:	/* rax = the frame of the guest that runs next */
	movq	%rax, %rsp
	popq	%rax
	popq	%rcx
	wrgsbase %rcx
	popq	%rcx
	wrfsbase %rcx
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%r10
	popq	%r8
	popq	%r9
	popq	%rbx
	popq	%rbp
	popq	%r12
	popq	%r13
	popq	%r14
	popq	%r15
	syscall
	/* Refused: something wants attention first.  The registers are the guest's, as they were. */
.Lrefused:
	SAVE
	call	executive_refused
	jmp	.Lleave

/* The first guest, from the executive's own thread of control. */
	.globl executive_run
executive_run:
	movq	executive_stack(%rip), %rsp
	call	executive_choose
	jmp	.Lleave

.Lminimal:
	cmpl	$OSEXT_HIJACK_RPC_MINIMAL, %eax
	jne	1f
	incq	executive_counters + COUNTER_RPCS_MINIMAL(%rip)
	leaq	1(%rdi), %rax
	movq	%rax, executive_shared + OSEXT_HIJACK_SHARED_AX(%rip)
.Lresume:
	movl	$OSEXT_HIJACK_OP_RESUME, %eax
	syscall
	jmp	.Lrefused

1:	cmpl	$OSEXT_HIJACK_TRAP_MINIMAL, %eax
	jne	2f
	OSEXT_MARK(OSEXT_MARK_END)
	incq	executive_counters + COUNTER_MARKED_MINIMAL(%rip)
	TIME_STAMP
	jmp	.Lresume

2:	cmpl	$OSEXT_HIJACK_RETURN_MINIMAL, %eax
	jne	3f
	incq	executive_counters + COUNTER_MARKED_MINIMAL(%rip)
	TIME_STAMP
	movl	$OSEXT_HIJACK_OP_RESUME, %eax
	OSEXT_MARK(OSEXT_MARK_BEGIN)
	syscall
	jmp	.Lrefused

3:	cmpl	$OSEXT_HIJACK_OP_NOTIFY, %eax
	je	.Lnotified
	movq	$-38, executive_shared + OSEXT_HIJACK_SHARED_AX(%rip)	/* -ENOSYS */
	jmp	.Lresume

	/* From the handler below the executive, or from a guest that pretends. */
.Lnotified:
	SAVE
	call	executive_notified
	jmp	.Lleave

	/* Number and arguments stand where Linux wants them: the policy admits no pointers. */
.Linterpose:
	incq	executive_counters + COUNTER_DIRECT_MINIMAL(%rip)
	syscall
	movq	%rax, executive_shared + OSEXT_HIJACK_SHARED_AX(%rip)
	jmp	.Lresume

/* Where a handler that interrupted the executive returns. */
	.globl executive_sigreturn
executive_sigreturn:
	movl	$15, %eax	/* rt_sigreturn */
	syscall
	ud2

	.globl executive_shared
	.set executive_shared, EXECUTIVE_BASE

	.section .data.hot, "aw", @progbits
	.balign	8
executive_stack:
	.quad	0

	.section .note.GNU-stack, "", @progbits
