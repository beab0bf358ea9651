/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Executives that misbehave at their guest's first call; ATTACK says how.  The
 * guest and this executive may die of it, nobody else.
 */
#include <osext/hijack.h>

	.section .text.entry, "ax", @progbits
	.globl executive_start
executive_start:	/* rdi = struct Boot, which begins with the device; rsp = the top of the stack */
	movq	(%rdi), %rdi
	subq	$40, %rsp
	leaq	entry(%rip), %rax
	movq	%rax, 0(%rsp)
	movq	%rax, 8(%rsp)
	movq	$0, 16(%rsp)
	movq	$0, 24(%rsp)
	movl	$0x4020b701, %esi	/* OSEXT_HIJACK_ATTACH */
	movq	%rsp, %rdx
	movl	$16, %eax		/* ioctl */
	syscall
	testq	%rax, %rax
	jnz	1f
2:	movl	$OSEXT_HIJACK_WAIT_EVENT, %edi
	xorl	%esi, %esi
	movl	$OSEXT_HIJACK_OP_NEXT, %eax
	syscall
	testq	%rax, %rax
	js	1f
	cmpb	$OSEXT_HIJACK_EVENT_ARRIVED, %al
	jne	2b
	/* The first guest; to where nothing can be written, and then it must still be there to be taken. */
	xorl	%edi, %edi
	leaq	executive_start(%rip), %rsi
	movl	$OSEXT_HIJACK_OP_TAKE, %eax
	syscall
	cmpq	$-14, %rax		/* EFAULT */
	jne	wrong
	leaq	state(%rip), %rsi
	movl	$OSEXT_HIJACK_OP_TAKE, %eax
	syscall
	testq	%rax, %rax
	jnz	wrong
	leaq	state(%rip), %rsi	/* grows down into nothing that is used */
	movl	$OSEXT_HIJACK_OP_SWITCH, %eax
	syscall
	testq	%rax, %rax
	jnz	1f
	leaq	state(%rip), %rsi
	movabsq	$0x200000000000, %rax
	movq	128(%rsi), %rcx		/* ip, flags, sp, ax of struct osext_hijack_state */
	movq	%rcx, OSEXT_HIJACK_SHARED_IP(%rax)
	movq	144(%rsi), %rcx
	movq	%rcx, OSEXT_HIJACK_SHARED_FLAGS(%rax)
	movq	152(%rsi), %rcx
	movq	%rcx, OSEXT_HIJACK_SHARED_SP(%rax)
	movq	80(%rsi), %rcx
	movq	%rcx, OSEXT_HIJACK_SHARED_AX(%rax)
	movq	168(%rsi), %rcx
	wrfsbase %rcx
	movq	0(%rsi), %r15
	movq	8(%rsi), %r14
	movq	16(%rsi), %r13
	movq	24(%rsi), %r12
	movq	32(%rsi), %rbp
	movq	40(%rsi), %rbx
	movq	56(%rsi), %r10
	movq	64(%rsi), %r9
	movq	72(%rsi), %r8
	movq	96(%rsi), %rdx
	movq	112(%rsi), %rdi
	movq	104(%rsi), %rsi
	movl	$OSEXT_HIJACK_OP_RESUME, %eax
	syscall
1:	movl	$1, %edi
	movl	$231, %eax		/* exit_group */
	syscall

wrong:	jmp	wrong			/* the guest waits until its alarm rings, which fails the check */

entry:
	movabsq	$0x200000000000, %rbx
#if ATTACK == 0			/* a fault */
	ud2
#elif ATTACK == 1		/* resume in the kernel */
	movq	$-4096, %rax
	movq	%rax, OSEXT_HIJACK_SHARED_IP(%rbx)
	movl	$OSEXT_HIJACK_OP_RESUME, %eax
	syscall
#elif ATTACK == 2		/* resume at a non-canonical address */
	movabsq	$0x800000000000, %rax
	movq	%rax, OSEXT_HIJACK_SHARED_IP(%rbx)
	movl	$OSEXT_HIJACK_OP_RESUME, %eax
	syscall
#elif ATTACK == 3		/* unmap itself, where it is mapped into the guest */
	movq	%rbx, %rdi
	movabsq	$0x8000000000, %rsi
	movl	$11, %eax		/* munmap */
	syscall
#elif ATTACK == 4		/* map over itself */
	movq	%rbx, %rdi
	movl	$4096, %esi
	movl	$3, %edx
	movl	$0x32, %r10d		/* private, anonymous, fixed */
	movq	$-1, %r8
	xorl	%r9d, %r9d
	movl	$9, %eax		/* mmap */
	syscall
	movl	$OSEXT_HIJACK_OP_NEXT, %eax	/* not at home: refused */
	syscall
#elif ATTACK == 5		/* end, with the executive mapped */
	movl	$3, %edi
	movl	$231, %eax
	syscall
#elif ATTACK == 6		/* unknown operations, then a call through a wild pointer */
	movl	$0x5fff, %eax
	syscall
	movl	$153, %eax		/* the module's own carrier */
	syscall
	xorl	%eax, %eax
	jmp	*%rax
#elif ATTACK == 7		/* give the owner a state that no thread can have */
	leaq	state(%rip), %rdi
	movl	$4096, %ecx
	movl	$0xff, %eax
	rep stosb
	xorl	%edi, %edi
	leaq	state(%rip), %rsi
	movl	$OSEXT_HIJACK_OP_SERVE, %eax
	syscall
	movl	$OSEXT_HIJACK_WAIT_EVENT, %edi
	xorl	%esi, %esi
	movl	$OSEXT_HIJACK_OP_NEXT, %eax
	syscall
#elif ATTACK == 8		/* pointers, guests and stacks that are none */
	movq	%rsp, %r12
	xorl	%r13d, %r13d
8:	movl	%r13d, %eax
	andl	$7, %eax
	addl	$OSEXT_HIJACK_OP_RESUME_ALL, %eax
	movl	%r13d, %edi
	shrl	$3, %edi
	movq	%r13, %rsi
	shlq	$40, %rsi
	orq	%r13, %rsi
	cmpl	$OSEXT_HIJACK_OP_NEXT, %eax
	je	9f
	syscall
9:	incl	%r13d
	cmpl	$4096, %r13d
	jb	8b
#endif
	ud2

	.bss
	.balign	64
	.skip	256		/* a stack */
state:	.skip	4096

	.text
	.section .note.GNU-stack, "", @progbits
