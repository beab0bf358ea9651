// SPDX-License-Identifier: GPL-2.0
#include "executive/syscall_table.h"

#include <asm/unistd.h>

namespace osext::executive {
namespace {

struct Names {
  const char* names[kCallsMax] = {};
  constexpr Names() {
#define CALL(number, name) \
  if (number < kCallsMax) names[number] = name;
#include "syscall_names.inc"
#undef CALL
  }
};

constinit const Names names;

struct Signature {
  uint32_t number;
  const char* arguments;
};

constexpr Signature signatures[] = {
    {__NR_read, "dxd"},
    {__NR_write, "dbd"},
    {__NR_open, "sxo"},
    {__NR_close, "d"},
    {__NR_stat, "sx"},
    {__NR_fstat, "dx"},
    {__NR_lstat, "sx"},
    {__NR_poll, "xdd"},
    {__NR_lseek, "ddd"},
    {__NR_mmap, "xdxxdx"},
    {__NR_mprotect, "xdx"},
    {__NR_munmap, "xd"},
    {__NR_brk, "x"},
    {__NR_rt_sigaction, "dxxd"},
    {__NR_rt_sigprocmask, "dxxd"},
    {__NR_rt_sigreturn, ""},
    {__NR_ioctl, "dxx"},
    {__NR_pread64, "dxdd"},
    {__NR_pwrite64, "dbdd"},
    {__NR_readv, "dxd"},
    {__NR_writev, "dxd"},
    {__NR_access, "so"},
    {__NR_pipe, "x"},
    {__NR_pipe2, "xx"},
    {__NR_select, "dxxxx"},
    {__NR_sched_yield, ""},
    {__NR_mremap, "xddxx"},
    {__NR_madvise, "xdd"},
    {__NR_dup, "d"},
    {__NR_dup2, "dd"},
    {__NR_pause, ""},
    {__NR_nanosleep, "xx"},
    {__NR_alarm, "d"},
    {__NR_getpid, ""},
    {__NR_socket, "ddd"},
    {__NR_connect, "dxd"},
    {__NR_accept, "dxx"},
    {__NR_sendto, "dbdxxd"},
    {__NR_recvfrom, "dxdxxx"},
    {__NR_bind, "dxd"},
    {__NR_listen, "dd"},
    {__NR_clone, "xxxxx"},
    {__NR_fork, ""},
    {__NR_vfork, ""},
    {__NR_execve, "sxx"},
    {__NR_exit, "d"},
    {__NR_wait4, "dxxx"},
    {__NR_kill, "dd"},
    {__NR_uname, "x"},
    {__NR_fcntl, "ddx"},
    {__NR_fsync, "d"},
    {__NR_truncate, "sd"},
    {__NR_ftruncate, "dd"},
    {__NR_getdents64, "dxd"},
    {__NR_getcwd, "xd"},
    {__NR_chdir, "s"},
    {__NR_rename, "ss"},
    {__NR_mkdir, "so"},
    {__NR_rmdir, "s"},
    {__NR_unlink, "s"},
    {__NR_symlink, "ss"},
    {__NR_readlink, "sxd"},
    {__NR_chmod, "so"},
    {__NR_umask, "o"},
    {__NR_gettimeofday, "xx"},
    {__NR_getuid, ""},
    {__NR_getgid, ""},
    {__NR_geteuid, ""},
    {__NR_getegid, ""},
    {__NR_setpgid, "dd"},
    {__NR_getppid, ""},
    {__NR_getpgrp, ""},
    {__NR_setsid, ""},
    {__NR_sigaltstack, "xx"},
    {__NR_arch_prctl, "xx"},
    {__NR_gettid, ""},
    {__NR_futex, "xddxxd"},
    {__NR_set_tid_address, "x"},
    {__NR_clock_gettime, "dx"},
    {__NR_clock_nanosleep, "ddxx"},
    {__NR_exit_group, "d"},
    {__NR_tgkill, "ddd"},
    {__NR_openat, "dsxo"},
    {__NR_mkdirat, "dso"},
    {__NR_newfstatat, "dsxx"},
    {__NR_unlinkat, "dsx"},
    {__NR_readlinkat, "dsxd"},
    {__NR_faccessat, "dso"},
    {__NR_set_robust_list, "xd"},
    {__NR_dup3, "ddx"},
    {__NR_prlimit64, "ddxx"},
    {__NR_getrandom, "xdx"},
    {__NR_statx, "dsxxx"},
    {__NR_rseq, "xdxx"},
    {__NR_clone3, "xd"},
    {__NR_faccessat2, "dsox"},
};

}  // namespace

const char* call_name(uint64_t number) {
  return number < kCallsMax ? names.names[number] : nullptr;
}

const char* call_signature(uint64_t number) {
  for (const Signature& one : signatures)
    if (one.number == number) return one.arguments;
  return "xxxxxx";
}

}  // namespace osext::executive
