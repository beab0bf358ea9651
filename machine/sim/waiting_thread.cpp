// SPDX-License-Identifier: GPL-2.0
// See waiting_thread.h.
#include "machine/sim/waiting_thread.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>

namespace osext {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds blocked_limit{1};
// Usually the thread has only a few steps to go: first make room for it, then sleep.
constexpr int yields = 50;
constexpr std::chrono::microseconds nap{20};

int open_readable(pid_t thread, const char* what) {
  const std::string name = "/proc/self/task/" + std::to_string(thread) + "/" + what;
  const int file = open(name.c_str(), O_RDONLY | O_CLOEXEC);
  char byte;
  if (file < 0 || pread(file, &byte, 1, 0) != 1)
    throw std::runtime_error("cannot read " + name + ": " + strerror(errno));
  return file;
}

}  // namespace

WaitingThread::WaitingThread(pid_t thread)
    : system_call_(open_readable(thread, "syscall")), state_(open_readable(thread, "stat")) {}

WaitingThread::~WaitingThread() {
  close(system_call_);
  close(state_);
}

// `syscall` holds "running", or the number of the system call and its arguments, also
// of a thread that has just been woken but has no CPU yet.  `stat` does not tell where a
// thread sleeps, but calls such a one running: "NUMBER (NAME) STATE ...".
WaitingThread::Doing WaitingThread::doing() const {
  char call[32] = {};
  if (pread(system_call_, call, sizeof call - 1, 0) <= 0 || call[0] == 'r') return Doing::running;
  char stat[64] = {};
  if (pread(state_, stat, sizeof stat - 1, 0) <= 0) return Doing::running;
  const char* name_end = strrchr(stat, ')');
  if (!name_end || strncmp(name_end, ") R", 3) == 0) return Doing::running;
  const long number = std::strtol(call, nullptr, 10);
#ifdef SYS_poll
  if (number == SYS_poll) return Doing::polling;
#endif
  return number == SYS_ppoll ? Doing::polling : Doing::blocked;
}

bool WaitingThread::wait() const {
  Clock::time_point blocked_since = Clock::time_point::max();
  for (int round = 0;; round++) {
    switch (doing()) {
      case Doing::polling:
        return true;
      case Doing::running:
        blocked_since = Clock::time_point::max();
        break;
      case Doing::blocked:
        if (blocked_since == Clock::time_point::max()) blocked_since = Clock::now();
        if (Clock::now() - blocked_since >= blocked_limit) return false;
        break;
    }
    if (round < yields)
      sched_yield();
    else
      std::this_thread::sleep_for(nap);
  }
}

}  // namespace osext
