// SPDX-License-Identifier: GPL-2.0
// Having the kernel do it: every kind of call that takes a pointer gets one into the executive.
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/hijack_attacks/attack.h"

namespace osext::test {
namespace {

int failures;

// The call must fail.
void must_fail(const char* what, long result) {
  if (result < 0) return;
  failures += found("%s gives %ld", what, result);
}

// Every offset of interest: the shared page, the image, the end of the region.
constexpr std::uint64_t kOffsets[] = {0, 0x1000, 0x3000, OSEXT_EXECUTIVE_SIZE - 4096};

struct Files {
  int pipe[2], socket[2], file;
  Files() {
    need(::pipe(pipe) == 0, "pipe");
    need(socketpair(AF_UNIX, SOCK_STREAM, 0, socket) == 0, "socketpair");
    file = open("attack.data", O_RDWR | O_CREAT | O_TRUNC, 0600);
    need(file >= 0, "open");
    need(::write(pipe[1], "0123456789abcdef", 16) == 16, "write");
    need(::write(socket[1], "0123456789abcdef", 16) == 16, "write");
    need(::write(file, "0123456789abcdef", 16) == 16, "write");
  }
};

void try_data(char* there) {
  const Files files;
  const long at = reinterpret_cast<long>(there);
  must_fail("write", raw_call(SYS_write, files.pipe[1], at, 8));
  must_fail("read", raw_call(SYS_read, files.pipe[0], at, 8));
  must_fail("pwrite", raw_call(SYS_pwrite64, files.file, at, 8, 0));
  must_fail("pread", raw_call(SYS_pread64, files.file, at, 8, 0));
  must_fail("send", raw_call(SYS_sendto, files.socket[0], at, 8, 0, 0, 0));
  must_fail("recv", raw_call(SYS_recvfrom, files.socket[0], at, 8, 0, 0, 0));
  iovec vector{there, 8};
  must_fail("writev", raw_call(SYS_writev, files.pipe[1], reinterpret_cast<long>(&vector), 1));
  must_fail("readv", raw_call(SYS_readv, files.pipe[0], reinterpret_cast<long>(&vector), 1));
  must_fail("writev of vectors there", raw_call(SYS_writev, files.pipe[1], at, 1));
  must_fail("sendmsg", raw_call(SYS_sendmsg, files.socket[0], at, 0));
  must_fail("vmsplice", raw_call(SYS_vmsplice, files.pipe[1], reinterpret_cast<long>(&vector), 1));
  for (const int fd : {files.pipe[0], files.pipe[1], files.socket[0], files.socket[1], files.file})
    close(fd);
}

void try_facts(char* there) {
  const Files files;
  const long at = reinterpret_cast<long>(there);
  must_fail("open", raw_call(SYS_open, at, O_RDONLY));
  must_fail("stat", raw_call(SYS_stat, reinterpret_cast<long>("/"), at));
  must_fail("getcwd", raw_call(SYS_getcwd, at, 64));
  must_fail("uname", raw_call(SYS_uname, at));
  must_fail("readlink", raw_call(SYS_readlink, reinterpret_cast<long>("/proc/self/exe"), at, 64));
  must_fail("clock_gettime", raw_call(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, at));
  must_fail("nanosleep", raw_call(SYS_nanosleep, at, 0));
  must_fail("pipe", raw_call(SYS_pipe, at));
  must_fail("getrandom", raw_call(SYS_getrandom, at, 8, 0));
  must_fail("ioctl FIONREAD", raw_call(SYS_ioctl, files.pipe[0], FIONREAD, at));
  must_fail("poll", raw_call(SYS_poll, at, 1, 0));
  const int events = epoll_create1(0);
  must_fail("epoll_ctl", raw_call(SYS_epoll_ctl, events, EPOLL_CTL_ADD, files.pipe[0], at));
  epoll_event interest{EPOLLIN, {.u64 = 1}};
  epoll_ctl(events, EPOLL_CTL_ADD, files.pipe[0], &interest);
  must_fail("epoll_wait", raw_call(SYS_epoll_wait, events, at, 1, 0));
  must_fail("rt_sigaction", raw_call(SYS_rt_sigaction, SIGUSR2, at, 0, 8));
  must_fail("rt_sigaction's old", raw_call(SYS_rt_sigaction, SIGUSR2, 0, at, 8));
  must_fail("rt_sigprocmask", raw_call(SYS_rt_sigprocmask, SIG_BLOCK, at, 0, 8));
  must_fail("futex", raw_call(SYS_futex, at, FUTEX_WAKE, 1));
  must_fail("futex, private", raw_call(SYS_futex, at, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 12345, 0));
  must_fail("execve", raw_call(SYS_execve, at, 0, 0));
  must_fail("prctl", raw_call(SYS_prctl, PR_SET_NAME, at));
  must_fail("getdents", raw_call(SYS_getdents64, open("/", O_RDONLY | O_DIRECTORY), at, 4096));
  must_fail("times", raw_call(SYS_times, at));
  must_fail("sysinfo", raw_call(SYS_sysinfo, at));
  if (fork() == 0) _exit(0);
  must_fail("wait4", raw_call(SYS_wait4, -1, at, 0, 0));
  while (wait(nullptr) > 0) {
  }
  close(events);
}

void try_peeping(char* there) {
  std::uint64_t word = 0;
  const iovec here{&word, 8}, target{there, 8};
  for (const pid_t victim : {getpid(), getppid()}) {
    must_fail("process_vm_readv", process_vm_readv(victim, &here, 1, &target, 1, 0));
    must_fail("process_vm_writev", process_vm_writev(victim, &here, 1, &target, 1, 0));
    const int memory = open(("/proc/" + std::to_string(victim) + "/mem").c_str(), O_RDWR);
    if (memory < 0) continue;
    const auto at = static_cast<off_t>(reinterpret_cast<std::uintptr_t>(there));
    must_fail("reading /proc/PID/mem", pread(memory, &word, 8, at));
    must_fail("writing /proc/PID/mem", pwrite(memory, &word, 8, at));
    close(memory);
  }
}

const Attack data("pointers_data", [](const auto&) {
  for (const std::uint64_t offset : kOffsets) try_data(executive(offset));
  return failures == 0 ? harmless : succeeded;
});
const Attack facts("pointers_facts", [](const auto&) {
  for (const std::uint64_t offset : kOffsets) try_facts(executive(offset));
  return failures == 0 ? harmless : succeeded;
});
const Attack peeping("peeping", [](const auto&) {
  for (const std::uint64_t offset : kOffsets) try_peeping(executive(offset));
  return failures == 0 ? harmless : succeeded;
});

// A buffer that begins in the guest and ends in the executive's region.
const Attack straddling("pointers_straddling", [](const auto&) {
  const Files files;
  char* below = executive() - 4096;
  need(mmap(below, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
            -1, 0) == below,
       "mmap below the region");
  std::memset(below, 'x', 4096);
  const ssize_t written = pwrite(files.file, below + 4088, 64, 0);
  if (written > 8) return found("%zd bytes written over the border", written);
  const ssize_t read = pread(files.file, below + 4092, 16, 0);
  if (read > 4) return found("%zd bytes read over the border", read);
  return static_cast<int>(harmless);
});

// A debugger looks at and changes a guest.
const Attack debugger("ptrace", [](const auto&) {
  const pid_t child = fork();
  if (child == 0) {
    for (;;) raw_call(SYS_getppid);
  }
  int result = harmless;
  if (ptrace(PTRACE_ATTACH, child, nullptr, nullptr) == 0) {
    int status = 0;
    waitpid(child, &status, __WALL);
    for (const std::uint64_t offset : kOffsets) {
      errno = 0;
      const long word = ptrace(PTRACE_PEEKDATA, child, executive(offset), nullptr);
      if (errno == 0) result = found("PEEKDATA reads %lx", word);
      if (ptrace(PTRACE_POKEDATA, child, executive(offset), 0L) == 0)
        result = found("POKEDATA writes");
    }
    ptrace(PTRACE_DETACH, child, nullptr, nullptr);
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, __WALL);
  return result;
});

// Addresses that the kernel keeps and uses later.
const Attack kept("pointers_kept", [](const auto&) {
  stack_t stack{};
  stack.ss_sp = executive();
  stack.ss_size = 1 << 16;
  const pid_t child = fork();
  if (child == 0) {
    raw_call(SYS_set_tid_address, reinterpret_cast<long>(executive()));
    raw_call(SYS_set_robust_list, reinterpret_cast<long>(executive(4096)), 24);
    sigaltstack(&stack, nullptr);
    struct sigaction action {};
    action.sa_handler = [](int) {};
    action.sa_flags = SA_ONSTACK;
    sigaction(SIGUSR1, &action, nullptr);
    raise(SIGUSR1);  // the frame would have to be written there
    _exit(1);
  }
  int status = 0;
  need(waitpid(child, &status, 0) == child, "waitpid");
  const pid_t leaver = fork();
  if (leaver == 0) {
    // At the exit the kernel writes 0 to the one, follows the other.
    raw_call(SYS_set_tid_address, reinterpret_cast<long>(executive()));
    raw_call(SYS_set_robust_list, reinterpret_cast<long>(executive(4096)), 24);
    _exit(0);
  }
  waitpid(leaver, nullptr, 0);
  return WIFSIGNALED(status) ? harmless : found("a handler ran on the executive's memory");
});

}  // namespace
}  // namespace osext::test
