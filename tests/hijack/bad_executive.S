/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Executives that misbehave at their guest's first call; ATTACK says how.  The
 * guest and this executive may die of it, nobody else.
 */
#include <osext/hijack.h>

	.section .text.entry, "ax", @progbits
	.globl executive_start
executive_start:	/* rdi = device, rsp = top of the stack */
	subq	$40, %rsp
	leaq	entry(%rip), %rax
	movq	%rax, 0(%rsp)
	leaq	32(%rsp), %rax
	movq	%rax, 8(%rsp)
	movq	$0, 16(%rsp)
	movq	$0, 24(%rsp)
	movl	$0x4020b701, %esi	/* OSEXT_HIJACK_ATTACH */
	movq	%rsp, %rdx
	movl	$16, %eax		/* ioctl */
	syscall
	testq	%rax, %rax
	jnz	1f
	movl	$OSEXT_HIJACK_OP_NEXT, %eax
	syscall
1:	movl	$1, %edi
	movl	$231, %eax		/* exit_group */
	syscall

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
#endif
	ud2

	.section .note.GNU-stack, "", @progbits
