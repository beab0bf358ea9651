// SPDX-License-Identifier: GPL-2.0
#include "uls/host/thread.h"

#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace osext {
namespace {

[[noreturn]] void fail(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

// Memory that parent and child share, for one word.
class SharedWord {
 public:
  SharedWord()
      : word_(static_cast<volatile int*>(mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE,
                                              MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    if (word_ == MAP_FAILED) fail(errno, "memory to start a thread with");
  }
  SharedWord(const SharedWord&) = delete;
  SharedWord& operator=(const SharedWord&) = delete;
  ~SharedWord() { munmap(const_cast<int*>(word_), sizeof(int)); }
  volatile int& operator*() { return *word_; }

 private:
  volatile int* word_;
};

// In the child.  System calls only, because the creator may have other threads.  Returns why it
// cannot become a thread.
int become(int device, const osext_uls_thread& what, pid_t creator) {
  // It ends with its creator, who may have ended already.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != creator) return ESRCH;
  ioctl(device, OSEXT_ULS_THREAD, &what);
  return errno;
}

}  // namespace

UlsThread::UlsThread(int device, const osext_uls_thread& what) {
  SharedWord error;
  const pid_t creator = getpid();
  // The child has its own copy of the memory, which it gives up, and the creator's own table of
  // files.  The creator goes on when the child has become a thread, or has ended.  No SIGCHLD: the
  // creator's handlers and calls of wait() concern its own children.
  const long child = syscall(SYS_clone, CLONE_FILES | CLONE_VFORK, 0, 0, 0, 0);
  if (child < 0) fail(errno, "a process for a thread");
  if (child == 0) {
    *error = become(device, what, creator);
    _exit(1);
  }
  pid_ = static_cast<pid_t>(child);
  if (*error == 0) return;
  join();
  fail(*error, "starting a thread in the sandbox");
}

UlsThread::UlsThread(UlsThread&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

UlsThread::~UlsThread() {
  kill();
  while (pid_ > 0 && waitpid(pid_, nullptr, __WALL) < 0 && errno == EINTR) {
  }
}

int UlsThread::join() {
  int status;
  while (waitpid(pid_, &status, __WALL) < 0)
    if (errno != EINTR) fail(errno, "waiting for a thread's end");
  pid_ = -1;
  return status;
}

void UlsThread::kill() noexcept {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

}  // namespace osext
