// SPDX-License-Identifier: GPL-2.0
// The default policy: every system call goes on to Linux (paper 2.2).
//
// A call that carries no pointer, cannot block for long and changes nothing the
// module relies on is made right here, with the executive still mapped: cheap.
// Every other is forwarded, to run in the guest's context with the executive
// out of sight, so that no pointer of a guest can name the executive's memory.

#include <asm/unistd.h>

#include <initializer_list>

#include "executive/linux.h"
#include "executive/policy.h"
#include "executive/state.h"

namespace osext::executive {

namespace {

// A bit for each system call that the executive makes itself.
class DirectCalls {
 public:
  constexpr DirectCalls() {
    for (unsigned number :
         {__NR_getpid,      __NR_getppid,     __NR_gettid,     __NR_getuid,
          __NR_geteuid,     __NR_getgid,      __NR_getegid,    __NR_getpgrp,
          __NR_getpgid,     __NR_getsid,      __NR_umask,      __NR_getpriority,
          __NR_setpriority, __NR_sched_yield, __NR_lseek,      __NR_dup,
          __NR_alarm,       __NR_kill,        __NR_tgkill,     __NR_sched_getscheduler,
          __NR_personality, __NR_eventfd2,    __NR_ioprio_get, __NR_epoll_create1})
      words_[number / 64] |= uint64_t{1} << number % 64;
  }

  constexpr bool contains(uint64_t number) const {
    return number < 64 * kWords && (words_[number / 64] >> number % 64 & 1);
  }

 private:
  static constexpr unsigned kWords = 8;
  uint64_t words_[kWords] = {};
};

constinit const DirectCalls direct_calls;
static_assert(DirectCalls().contains(__NR_getppid) && !DirectCalls().contains(__NR_read));

}  // namespace

bool is_direct(uint64_t number) {
  return direct_calls.contains(number);
}

Answer on_system_call(Frame& frame) {
  const uint64_t number = frame.rax;
  if (is_direct(number)) {
    ++executive_counters[OSEXT_HIJACK_COUNT_DIRECT];
    return resume(system_call(number, frame.rdi, frame.rsi, frame.rdx, frame.r10));
  }
  switch (number) {
    case __NR_exit:
    case __NR_exit_group:
    case __NR_execve:
    case __NR_execveat:
      return hand_over(number);  // the process ends, or becomes another one, outside
  }
  ++executive_counters[OSEXT_HIJACK_COUNT_FORWARDED];
  return forward(number);
}

}  // namespace osext::executive
