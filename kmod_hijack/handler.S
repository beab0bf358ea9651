/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What lies at OSEXT_HIJACK_HANDLER, in user mode: the kernel enters it with a
 * signal.  A guest's call does not come back, the executive's does.
 */
#include <linux/linkage.h>

#include <osext/hijack.h>

	.section .rodata, "a", @progbits
SYM_DATA_START(hijack_handler_code)
	movl	$OSEXT_HIJACK_OP_NOTIFY, %eax
	syscall
	movabsq	$(0x200000000000 + OSEXT_HIJACK_SHARED_HANDLER), %rax
	jmpq	*(%rax)
SYM_DATA_END_LABEL(hijack_handler_code, SYM_L_GLOBAL, hijack_handler_code_end)

	.section .note.GNU-stack, "", @progbits
