/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Extensions for the checks, as one position-independent piece of code that begins
 * with the address of its data.  Data: a count of upcalls, then a log of what they
 * were told, 32 bytes each: kind and number, value, overrun, pid and drained.
 */
#include <osext/marker.h>
#include <osext/uls.h>

	.section .rodata
	.balign	16
	.globl	extension_begin, extension_end
extension_begin:
	.quad	0

#define ENTRY(name) .globl extension_##name; extension_##name

/* Counts, logs the first 100, and leaves no register and no flag as it was. */
ENTRY(count):
	OSEXT_MARK(OSEXT_MARK_END)
	movq	extension_begin(%rip), %rax
	movq	(%rax), %rcx
	incq	(%rax)
	cmpq	$100, %rcx
	jae	1f
	shlq	$5, %rcx
	movq	0(%rdi), %rdx
	movq	%rdx, 8(%rax, %rcx)
	movq	8(%rdi), %rdx
	movq	%rdx, 16(%rax, %rcx)
	movq	16(%rdi), %rdx
	movq	%rdx, 24(%rax, %rcx)
	movl	24(%rdi), %edx
	movl	%edx, 32(%rax, %rcx)
	movl	36(%rdi), %edx
	movl	%edx, 36(%rax, %rcx)
1:
	movq	$-1, %rbx
	movq	%rbx, %rdx
	movq	%rbx, %rbp
	movq	%rbx, %rsi
	movq	%rbx, %rdi
	movq	%rbx, %r8
	movq	%rbx, %r9
	movq	%rbx, %r10
	movq	%rbx, %r12
	movq	%rbx, %r13
	movq	%rbx, %r14
	movq	%rbx, %r15
	std
	stc
	ret

/* Counts, and logs of the first 24 all that was told: 160 bytes each, which end with the details. */
ENTRY(details):
	OSEXT_MARK(OSEXT_MARK_END)
	movq	extension_begin(%rip), %rax
	movq	(%rax), %rdx
	incq	(%rax)
	cmpq	$24, %rdx
	jae	1f
	imulq	$160, %rdx, %rdx
	leaq	8(%rax, %rdx), %rdx
	movl	$20, %ecx
2:	movq	-8(%rdi, %rcx, 8), %rax
	movq	%rax, -8(%rdx, %rcx, 8)
	decq	%rcx
	jnz	2b
1:	ret

/* The least: for costs. */
ENTRY(least):
	OSEXT_MARK(OSEXT_MARK_END)
	movq	extension_begin(%rip), %rax
	incq	(%rax)
	ret

/* The same without a mark. */
ENTRY(quiet):
	movq	extension_begin(%rip), %rax
	incq	(%rax)
	ret

/* Reads the time stamp counter. */
ENTRY(clock):
	movq	extension_begin(%rip), %rax
	incq	(%rax)
	rdtsc
	ret

/* Says that it is in, and never leaves. */
ENTRY(spin):
	movq	extension_begin(%rip), %rax
	incq	(%rax)
1:	pause
	jmp	1b

/* Waits until somebody writes the second word of its data. */
ENTRY(wait):
	movq	extension_begin(%rip), %rax
	incq	(%rax)
1:	pause
	cmpq	$0, 8(%rax)
	je	1b
	ret

/* Breaks the rule: word 1 of its data says whether a vector register or the x87. */
ENTRY(spoil):
	movq	extension_begin(%rip), %rax
	incq	(%rax)
	cmpq	$0, 8(%rax)
	jne	1f
	pcmpeqd	%xmm3, %xmm3
	ret
1:	fninit
	ret

/* What is wrong is the value of the event. */
ENTRY(misbehave):
	movq	extension_begin(%rip), %rax
	incq	(%rax)
	movq	8(%rdi), %rcx
	leaq	1f(%rip), %rdx
	movslq	(%rdx, %rcx, 4), %rcx
	addq	%rcx, %rdx
	jmp	*%rdx
1:	.long	read_null - 1b, write_code - 1b, run_data - 1b, undefined - 1b, divide - 1b, breakpoint - 1b
	.long	privileged - 1b, noncanonical - 1b, call_getpid - 1b, call_int80 - 1b, call_exit - 1b, call_other_return - 1b
	.long	overflow_stack - 1b, read_kernel - 1b, single_step - 1b, call_munmap - 1b, call_minus_one - 1b
read_null:
	movq	0, %rax
write_code:
	movq	%rax, extension_begin(%rip)
run_data:
	jmp	*%rax
undefined:
	ud2
divide:
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	divl	%ecx
breakpoint:
	int3
	jmp	run_data
privileged:
	cli
noncanonical:
	movabsq	$0x8000000000000000, %rcx
	movq	(%rcx), %rax
call_getpid:
	movl	$39, %eax
	syscall
	jmp	call_getpid
call_int80:
	movl	$20, %eax
	int	$0x80
	jmp	call_int80
call_exit:
	movl	$231, %eax
	xorl	%edi, %edi
	syscall
	jmp	call_exit
call_other_return:
	movl	$OSEXT_ULS_RETURN, %eax
	syscall
	jmp	call_other_return
overflow_stack:
	pushq	%rax
	jmp	overflow_stack
read_kernel:
	movq	$-4096, %rcx
	movq	(%rcx), %rax
single_step:
	pushfq
	orq	$0x100, (%rsp)
	popfq
1:	jmp	1b
call_munmap:
	movl	$11, %eax
	movl	$OSEXT_ULS_CODE, %edi
	movl	$0x600000, %esi
	syscall
	jmp	call_munmap
call_minus_one:
	movq	$-1, %rax
	syscall
	jmp	call_minus_one
extension_end:
	.section .note.GNU-stack, "", @progbits
