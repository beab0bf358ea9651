// SPDX-License-Identifier: GPL-2.0
/*
 * System calls that guests do not get, and what they get instead.
 *
 * A guest's user code runs on the executive's thread and its calls on its
 * owner's.  So what the kernel keeps in a thread and the processor obeys in
 * user mode cannot be had, nor a second task in the guest's memory, where it
 * would see the executive, nor what watches a task's system-call entry, which
 * a guest's calls do not pass.
 */
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/userfaultfd.h>
#include <linux/vhost.h>
#include <asm/unistd.h>
#include <uapi/asm/prctl.h>

#include "hijack.h"

static long deny_prctl(unsigned long option)
{
	switch (option) {
	case PR_SET_SECCOMP:
	case PR_SET_SYSCALL_USER_DISPATCH:
	case PR_SET_TSC:
	case PR_SET_SPECULATION_CTRL:
	case PR_TASK_PERF_EVENTS_ENABLE:
		return -EPERM;
	}
	return 0;
}

static long deny_arch_prctl(unsigned long option)
{
	switch (option) {
	case ARCH_SET_CPUID:
	case 0x1023:	/* ARCH_REQ_XCOMP_PERM: tiles are not switched */
	case 0x1025:	/* ARCH_REQ_XCOMP_GUEST_PERM */
		return -EPERM;
	}
	return option >= 0x5001 && option <= 0x5005 ? -EOPNOTSUPP : 0;	/* ARCH_SHSTK_* */
}

/* 0: the call may be made; else what the guest gets.  Context: any. */
long hijack_deny(unsigned int nr, const struct pt_regs *regs)
{
	switch (nr) {
	case __NR_clone:	/* sharing memory only as vfork asks for, and does not get */
		if (!(regs->di & CLONE_VM))
			return 0;
		return !(regs->di & CLONE_VFORK) || (regs->di & (CLONE_THREAD | CLONE_SIGHAND)) ? -EAGAIN : 0;
	case __NR_clone3:	/* C libraries fall back to clone */
	case __NR_rseq:
	case __NR_io_uring_setup:
	case __NR_io_uring_enter:
	case __NR_io_uring_register:
	case __NR_pkey_alloc:
	case __NR_userfaultfd:
		return -ENOSYS;
	case __NR_pidfd_getfd:	/* the launcher's or the executive's session */
	case __NR_ptrace:
	case __NR_perf_event_open:	/* its samples would show the executive */
	case __NR_seccomp:
	case __NR_iopl:
	case __NR_ioperm:
	case __NR_modify_ldt:
		return -EPERM;
	case __NR_ioctl:	/* a kernel thread in the guest's memory; userfaultfd by its device */
		return (u32)regs->si == VHOST_SET_OWNER || (u32)regs->si == USERFAULTFD_IOC_NEW ? -EPERM : 0;
	case __NR_prctl:
		return deny_prctl((u32)regs->di);
	case __NR_arch_prctl:
		return deny_arch_prctl((u32)regs->di);
	}
	return 0;
}
