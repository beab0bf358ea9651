/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Into an extension and out of it, also where it is aborted: then everything below the
 * remembered stack is forgotten, and the registers that belong to the caller come back.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/nospec-branch.h>
#include <asm/unwind_hints.h>

#include "run.h"

	.text

/* safex_enter(rdi: context, rsi: instructions, rdx: function, rcx: run) */
SYM_FUNC_START(safex_enter)
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rcx
	mov	%rsp, SAFEX_RUN_STACK(%rcx)
	CALL_NOSPEC rdx
	mov	(%rsp), %rcx
	mov	%rax, SAFEX_RUN_RESULT(%rcx)
SYM_INNER_LABEL(safex_abort_here, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR	/* come to by interrupt return or jump */
	pop	%rcx
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	RET
SYM_FUNC_END(safex_enter)

/* safex_leap(rdi: stack), from a function that the extension called */
SYM_FUNC_START(safex_leap)
	mov	%rdi, %rsp
	jmp	safex_abort_here
SYM_FUNC_END(safex_leap)
STACK_FRAME_NON_STANDARD safex_leap
