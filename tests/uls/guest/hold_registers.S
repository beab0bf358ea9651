/* SPDX-License-Identifier: GPL-2.0 */
/*
 * int hold_registers(uint64_t rounds): fills every register that a program has with a
 * value of its own and looks again and again whether it is still there.  Below the
 * stack pointer 128 bytes are the program's, too: they hold a value as well.
 */
#define VALUE(n) (0x1111111100000000 + n)

	.text
	.globl	hold_registers
hold_registers:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	subq	$24, %rsp
	stmxcsr	8(%rsp)
	movl	$0x7f80, 12(%rsp)	/* round towards zero: not the default */
	ldmxcsr	12(%rsp)
	movq	%rdi, 16(%rsp)
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movq	$VALUE(100+\n), %rax
	movq	%rax, %xmm\n
	punpcklqdq %xmm\n, %xmm\n
	.endr
	movq	$VALUE(1), %rbx
	movq	$VALUE(2), %rcx
	movq	$VALUE(3), %rdx
	movq	$VALUE(4), %rsi
	movq	$VALUE(5), %rdi
	movq	$VALUE(6), %rbp
	movq	$VALUE(8), %r8
	movq	$VALUE(9), %r9
	movq	$VALUE(10), %r10
	movq	$VALUE(11), %r11
	movq	$VALUE(12), %r12
	movq	$VALUE(13), %r13
	movq	$VALUE(14), %r14
	movq	$VALUE(15), %r15
	movq	%rbx, -24(%rsp)
	movq	%rbx, -128(%rsp)

	.macro	EXPECT register, number
	movq	$VALUE(\number), %rax
	cmpq	%rax, %\register
	movl	$\number, %eax
	jne	.Lchanged
	.endm
.Lround:
hold_registers_held:
	movq	$-1, %rax
	addq	$1, %rax	/* sets carry and zero */
	.rept	8
	jnc	.Lflags
	jnz	.Lflags
	.endr
	EXPECT	rbx, 1
	EXPECT	rcx, 2
	EXPECT	rdx, 3
	EXPECT	rsi, 4
	EXPECT	rdi, 5
	EXPECT	rbp, 6
	EXPECT	r8, 8
	EXPECT	r9, 9
	EXPECT	r10, 10
	EXPECT	r11, 11
	EXPECT	r12, 12
	EXPECT	r13, 13
	EXPECT	r14, 14
	EXPECT	r15, 15
	movl	$30, %eax
	cmpq	%rbx, -24(%rsp)
	jne	.Lchanged
	cmpq	%rbx, -128(%rsp)
	jne	.Lchanged
	pushfq
	popq	%rax
	testl	$0x40400, %eax	/* direction and alignment check: clear */
	jnz	.Lflags
	decq	16(%rsp)
	jnz	.Lround
hold_registers_end:

	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movq	%xmm\n, %rbx
	EXPECT	rbx, 100+\n
	psrldq	$8, %xmm\n
	movq	%xmm\n, %rbx
	EXPECT	rbx, 100+\n
	.endr
	stmxcsr	20(%rsp)
	movl	20(%rsp), %ebx
	andl	$~0x3f, %ebx
	movl	$40, %eax
	cmpl	$0x7f80, %ebx
	jne	.Lchanged
	xorl	%eax, %eax
	jmp	.Lchanged
.Lflags:
	movl	$50, %eax
.Lchanged:
	cld
	ldmxcsr	8(%rsp)
	addq	$24, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret
	.globl	hold_registers_held, hold_registers_end
	.section .note.GNU-stack, "", @progbits
