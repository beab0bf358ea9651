/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The processor's system-call entries while the module is loaded.
 *
 * Every task passes here; one that is not an executive's thread goes on to the
 * kernel's own entry after six instructions.  For the executive's thread the
 * stub is the whole way from guest to executive and back: it saves ip, flags
 * and sp, maps or unmaps the executive by one store to the guest's top-level
 * page table, and returns to user mode.  General registers stay live.
 *
 * Context: interrupts off from SYSCALL to SYSRET, no stack, no calls, no
 * indirect branches, so none of the kernel's entry mitigations is needed; what
 * the executive left in CPU buffers is cleared before the guest runs.
 */
#include <linux/linkage.h>
#include <asm/asm-offsets.h>
#include <asm/nospec-branch.h>
#include <asm/percpu.h>
#include <asm/unwind_hints.h>

#include <osext/hijack.h>

#include "layout.h"

#define SHARED(field) (PRIVATE_SHARED + OSEXT_HIJACK_SHARED_##field)(%rsp)

/*
 * Executive to guest.  The page is shared: what is checked is the loaded copy.
 * Until the last check only rax changes, whose value is known.
 *
 * No translation of the executive may survive.  A CR3 write drops all that are
 * not global; by_page=1 (flush=invlpg) drops each page of the region, and with any
 * of them what the processor remembers of upper levels.  The region begins at a
 * multiple of 4 GiB.
 *
 * by_handler=1: a signal from now on is the guest's stack's affair.
 */
.macro RESUME_GUEST by_page=0 by_handler=0
	movq	SHARED(IP), %rax
	cmpq	PRIVATE_LIMIT(%rsp), %rax
	jae	.Lslow_resume
	testl	$IRET_FLAGS, SHARED(FLAGS)
	jnz	.Lslow_resume
	.if \by_handler
	movq	PRIVATE_ALTERNATE_AT(%rsp), %rcx
	movq	PRIVATE_ALTERNATE_GUEST(%rsp), %r11
	movq	%r11, (%rcx)
	.endif
	movq	%rax, %rcx
	movl	SHARED(FLAGS), %r11d
	andl	$GUEST_FLAGS, %r11d
	orl	$EXECUTIVE_FLAGS, %r11d
	movq	PRIVATE_SLOT(%rsp), %rax
	movq	$0, (%rax)
	.if \by_handler
	movl	$(STATE_GUEST | STATE_HANDLER), PRIVATE_STATE(%rsp)
	.else
	movl	$STATE_GUEST, PRIVATE_STATE(%rsp)
	.endif
	incq	PRIVATE_FAST_RESUMES(%rsp)
	.if \by_page
	movq	PRIVATE_FLUSH_END(%rsp), %rax
.Lflush_page:
	subq	$4096, %rax
	invlpg	(%rax)
	testl	%eax, %eax
	jnz	.Lflush_page
	.else
	movq	%cr3, %rax
	movq	%rax, %cr3
	.endif
	movq	SHARED(AX), %rax
	movq	SHARED(SP), %rsp
	swapgs
	CLEAR_CPU_BUFFERS
	sysretq
.endm

/*
 * Guest to executive.  by_handler=1: a signal from now on must not have the
 * executive's registers written where the guest can read them.
 */
.macro TRAP_GUEST by_handler=0
	movq	%rcx, SHARED(IP)
	movq	%r11, SHARED(FLAGS)
	movq	PER_CPU_VAR(hijack_scratch), %rcx
	movq	%rcx, SHARED(SP)
	/* Protection keys hold for the executive too: one that forbids it its stack must not come along. */
	ALTERNATIVE "jmp .Lkeys_checked_\by_handler", "", X86_FEATURE_OSPKE
	movl	%eax, %r11d
	movq	%rdx, PRIVATE_DX(%rsp)
	xorl	%ecx, %ecx
	rdpkru
	testb	$PKRU_KEY0, %al
	movl	%r11d, %eax
	movq	PRIVATE_DX(%rsp), %rdx
	jnz	.Llocked
.Lkeys_checked_\by_handler:
	.if \by_handler
	movq	PRIVATE_ALTERNATE_AT(%rsp), %rcx
	movq	PRIVATE_ALTERNATE_EXECUTIVE(%rsp), %r11
	movq	%r11, (%rcx)
	.endif
	movq	PRIVATE_SLOT(%rsp), %rcx
	movq	PRIVATE_SLOT_VALUE(%rsp), %r11
	movq	%r11, (%rcx)
	movl	$STATE_EXECUTIVE, PRIVATE_STATE(%rsp)
	incq	PRIVATE_FAST_TRAPS(%rsp)
	movq	PRIVATE_ENTRY(%rsp), %rcx
	movl	$EXECUTIVE_FLAGS, %r11d
	movq	PRIVATE_STACK(%rsp), %rsp
	swapgs
	sysretq
.endm

	.text

SYM_CODE_START(hijack_syscall)
	UNWIND_HINT_ENTRY
	ENDBR
	swapgs
	cmpq	$0, PER_CPU_VAR(hijack_current)
	jne	.Lhijacked
	swapgs
	jmp	__SCT__hijack_native_syscall

.Lhijacked:
	movq	%rsp, PER_CPU_VAR(hijack_scratch)
	movq	PER_CPU_VAR(hijack_current), %rsp
	cmpl	$STATE_GUEST, PRIVATE_STATE(%rsp)
	jne	.Lexecutive

	TRAP_GUEST
	int3

.Llocked:
	movq	SHARED(IP), %rcx
	movl	$EXECUTIVE_FLAGS, %r11d
	movl	$OPERATION_LOCKED, PRIVATE_OPERATION(%rsp)
	jmp	.Lcarry

	/* A guest that the first check does not know. */
.Lother_guest:
	testl	$STATE_SLOW, PRIVATE_STATE(%rsp)
	jnz	.Lslow_trap
	TRAP_GUEST by_handler=1
	int3

.Lslow_trap:
	movq	%rax, PRIVATE_AX(%rsp)
	movl	$OPERATION_TRAP, PRIVATE_OPERATION(%rsp)
.Lcarry:
	movl	$CARRIER_SYSCALL, %eax
.Lnative:
	movq	PER_CPU_VAR(hijack_scratch), %rsp
	swapgs
	jmp	__SCT__hijack_native_syscall

.Lexecutive:
	cmpl	$OSEXT_HIJACK_OP_RESUME, %eax
	jne	.Lno_resume

	/* Executive to guest. */
	cmpl	$STATE_EXECUTIVE, PRIVATE_STATE(%rsp)
	jne	.Loperation
	cmpl	$0, PRIVATE_SLOW(%rsp)
	jne	.Lnot_plain
	RESUME_GUEST
	int3

.Lnot_plain:
	cmpl	$SLOW_HANDLER, PRIVATE_SLOW(%rsp)
	je	.Lby_handler
	cmpl	$SLOW_BY_PAGE, PRIVATE_SLOW(%rsp)
	jne	.Loperation
	RESUME_GUEST by_page=1
	int3

.Lby_handler:
	RESUME_GUEST by_handler=1
	int3

.Lno_resume:
	ja	.Loperation	/* RESUME is the first operation */

	/* A system call of the executive's own. */
	testl	$(STATE_SLOW | STATE_HANDLER), PRIVATE_STATE(%rsp)
	jz	.Lnative
	jmp	.Lother_guest

.Lslow_resume:
	movl	$OSEXT_HIJACK_OP_RESUME, %eax
.Loperation:
	testl	$(STATE_SLOW | STATE_HANDLER), PRIVATE_STATE(%rsp)
	jnz	.Lother_guest
	movl	%eax, PRIVATE_OPERATION(%rsp)
	jmp	.Lcarry
SYM_CODE_END(hijack_syscall)

/*
 * The 32-bit SYSCALL.  A guest that uses it would slip past the executive, so it
 * is killed; other tasks go on to the kernel's own entry.  SYSENTER has no stub:
 * it leaves the user's DF, AC, NT and TF set, which only the kernel's own entry
 * is prepared for, so it is disabled while the thread runs (engine.c).
 */
.macro COMPAT_ENTRY name native
SYM_CODE_START(\name)
	UNWIND_HINT_ENTRY
	ENDBR
	swapgs
	cmpq	$0, PER_CPU_VAR(hijack_current)
	jne	1f
	swapgs
	jmp	\native
1:	movq	PER_CPU_VAR(hijack_current), %rcx
	movl	$OPERATION_FORBIDDEN, PRIVATE_OPERATION(%rcx)
	movl	$CARRIER_SYSCALL, %eax
	xorl	%ecx, %ecx
	movl	$EXECUTIVE_FLAGS, %r11d
	xorl	%esp, %esp
	swapgs
	jmp	__SCT__hijack_native_syscall
SYM_CODE_END(\name)
.endm
	COMPAT_ENTRY hijack_syscall32 __SCT__hijack_native_syscall32

/* int $0x80: for the executive's thread a general protection fault, as if the gate were closed. */
SYM_CODE_START(hijack_int80)
	UNWIND_HINT_IRET_REGS
	ENDBR
	swapgs
	cmpq	$0, PER_CPU_VAR(hijack_current)
	swapgs
	jne	1f
	jmp	__SCT__hijack_native_int80
1:	pushq	$(0x80 * 8 + 2)		/* error code: gate 0x80 of the IDT */
	jmp	__SCT__hijack_native_fault
SYM_CODE_END(hijack_int80)

	.section .note.GNU-stack, "", @progbits
