/* SPDX-License-Identifier: GPL-2.0 */
/*
 * int run_sequence(struct rseq *area, uint64_t rounds): counts down in a restartable
 * sequence.  1 if it came through, 0 if the kernel aborted it.
 */
	.text
	.globl	run_sequence
run_sequence:
	leaq	.Ldescription(%rip), %rax
	movq	%rax, 8(%rdi)
.Lbegin:
	decq	%rsi
	jnz	.Lbegin
.Lend:
	movq	$0, 8(%rdi)
	movl	$1, %eax
	ret
	/* The signature in front of where aborted sequences go on, as registered by the C library. */
	.byte	0x0f, 0xb9, 0x3d
	.long	0x53053053
.Laborted:
	xorl	%eax, %eax
	ret

	.data
	.balign	32
.Ldescription:
	.long	0, 0
	.quad	.Lbegin, .Lend - .Lbegin, .Laborted
	.section .note.GNU-stack, "", @progbits
