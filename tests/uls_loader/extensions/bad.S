/* SPDX-License-Identifier: GPL-2.0 */
/* Extensions that the loader refuses, each for one reason: BAD says which.  0: a good one. */
	.text
#if BAD != 1
	.globl	osext_uls_entry
	.type	osext_uls_entry, @function
#endif
osext_uls_entry:
#if BAD == 2
	call	nowhere
	call	nowhere_else
#elif BAD == 3
	movq	counter@GOTPCREL(%rip), %rax
#elif BAD == 4
	movl	$counter + 0x100000000, %eax
#elif BAD == 5
	pxor	%xmm0, %xmm0
#elif BAD == 6
	movl	$beyond, %eax
	.set	beyond, 0x123456789
	.globl	beyond
#elif BAD == 7
	movb	$counter, %al
#endif
	incq	counter(%rip)
	ret
#if BAD == 8
	.section .both, "awx", @progbits
	.quad	0
#elif BAD == 9
	.section .tdata, "awT", @progbits
	.quad	0
#elif BAD == 10
	.comm	common, 8, 8
#elif BAD == 11
	.bss
	.skip	0x200000
#elif BAD == 12
	.section .rodata
	.skip	0x200000
#elif BAD == 13
	.section .init_array, "aw", @init_array
	.balign	8
	.quad	osext_uls_entry
#elif BAD == 14
	.data
	.balign	8192
	.quad	0
#elif BAD == 15
	.data
	.globl	osext_uls_area
	.type	osext_uls_area, @object
	.size	osext_uls_area, 8
osext_uls_area:
	.quad	0
#elif BAD == 16
	.section .fini_array, "aw", @fini_array
	.quad	osext_uls_entry
#elif BAD == 17
	.section .eh_frame, "a", @progbits
	.globl	table
table:	.quad	0
	.text
	movq	table, %rax
#endif
	.data
	.globl	counter
	.type	counter, @object
	.size	counter, 8
counter:
	.quad	0
	.section .note.GNU-stack, "", @progbits
