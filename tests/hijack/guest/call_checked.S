/* SPDX-License-Identifier: GPL-2.0 */
/*
 * void call_checked(const Registers *in): loads every register and flag from
 * `in`, makes the system call, stores every register and flag in checked_out.
 * The structure: registers.h.
 */
	.text
	.globl call_checked
call_checked:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	.set n, 0
	.irp reg, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movups	128 + n(%rdi), %xmm\reg
	.set n, n + 16
	.endr
	movq	0(%rdi), %rax
	movq	8(%rdi), %rbx
	movq	16(%rdi), %rdx
	movq	24(%rdi), %rsi
	movq	40(%rdi), %rbp
	movq	48(%rdi), %r8
	movq	56(%rdi), %r9
	movq	64(%rdi), %r10
	movq	72(%rdi), %r12
	movq	80(%rdi), %r13
	movq	88(%rdi), %r14
	movq	96(%rdi), %r15
	pushq	104(%rdi)
	movq	%rsp, checked_rsp(%rip)
	movq	32(%rdi), %rdi
	popfq
	syscall
	pushfq
	popq	checked_out + 104(%rip)
	pushq	$0x202
	popfq
	movq	%rax, checked_out + 0(%rip)
	movq	%rbx, checked_out + 8(%rip)
	movq	%rdx, checked_out + 16(%rip)
	movq	%rsi, checked_out + 24(%rip)
	movq	%rdi, checked_out + 32(%rip)
	movq	%rbp, checked_out + 40(%rip)
	movq	%r8, checked_out + 48(%rip)
	movq	%r9, checked_out + 56(%rip)
	movq	%r10, checked_out + 64(%rip)
	movq	%r12, checked_out + 72(%rip)
	movq	%r13, checked_out + 80(%rip)
	movq	%r14, checked_out + 88(%rip)
	movq	%r15, checked_out + 96(%rip)
	/* rsp itself: back where it was after popfq */
	movq	checked_rsp(%rip), %rax
	addq	$8, %rax
	subq	%rsp, %rax
	movq	%rax, checked_out + 112(%rip)
	leaq	checked_out(%rip), %rdi
	.set n, 0
	.irp reg, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movups	%xmm\reg, 128 + n(%rdi)
	.set n, n + 16
	.endr
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

	.bss
	.balign 16
	.globl checked_out
checked_out:
	.skip 384
checked_rsp:
	.skip 8

	.section .note.GNU-stack, "", @progbits
