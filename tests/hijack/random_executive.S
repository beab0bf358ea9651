/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where guests and upcalls arrive in the random executive, and how it makes
 * operations: each arrival starts its C++ part anew, on an empty stack.
 */
#include <osext/hijack.h>

	.section .text.entry, "ax", @progbits
	.globl executive_start
executive_start:	/* rdi = struct Boot */
	movq	%rdi, %rbx
	call	become_executive
	jmp	arrive

	.globl arrive, operation
arrive:
	leaq	arrival_stack_end(%rip), %rsp
	cld
	jmp	go_on

	/* long operation(number, a, b, guest): with the guest's registers live, if there is one */
operation:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	testq	%rcx, %rcx
	jz	1f
	movq	%rcx, %r11
	movq	168(%r11), %rcx		/* struct osext_hijack_state: fs_base, then r15 to di */
	wrfsbase %rcx
	movq	0(%r11), %r15
	movq	8(%r11), %r14
	movq	16(%r11), %r13
	movq	24(%r11), %r12
	movq	32(%r11), %rbp
	movq	40(%r11), %rbx
	movq	56(%r11), %r10
	movq	64(%r11), %r9
	movq	72(%r11), %r8
	movq	96(%r11), %rdx
	movq	112(%r11), %rdi
	movq	104(%r11), %rsi
1:	syscall
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

	.bss
	.balign	64
	.skip	16384
arrival_stack_end:
	.skip	64

	.section .note.GNU-stack, "", @progbits
