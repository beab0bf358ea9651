// SPDX-License-Identifier: GPL-2.0
// Starting an executive, and joining it.

#include "executive/host/session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "executive/host/image.h"

namespace osext {

namespace {

constexpr std::size_t kMessageBytes = 256, kGuardBytes = 4096, kStackBytes = 65536;
constexpr unsigned kStartLimitMs = 10000, kStepMs = 20;

void* const kRegion = reinterpret_cast<void*>(OSEXT_EXECUTIVE_BASE);

[[noreturn]] void fail(const std::string& what, int error, const std::string& remedy) {
  throw std::runtime_error(
      fmt::format("{}: {}{}{}", what, std::strerror(error), remedy.empty() ? "" : "; ", remedy));
}

// ---- In the child: system calls and stack only, for it is a fork of a process
// that may be anywhere, and its memory is dropped soon.

struct ChildPlan {
  const ExecutiveImage* image;
  int device;
  char* message;  // shared with the parent
};

[[noreturn]] void child_fail(const ChildPlan& plan, const char* what) {
  std::snprintf(plan.message, kMessageBytes, "%s: %s", what, std::strerror(errno));
  _exit(1);
}

void unregister_rseq() {
  if (__rseq_size == 0) return;  // the C library did not register one
  constexpr unsigned flag_unregister = 1, registered_bytes = 32;
  auto* area = static_cast<char*>(__builtin_thread_pointer()) + __rseq_offset;
  syscall(SYS_rseq, area, registered_bytes, flag_unregister, RSEQ_SIG);
}

[[noreturn]] void run_child(const ChildPlan& plan) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
    child_fail(plan, "cannot tie the executive to its owner");
  unregister_rseq();
  const ExecutiveImage& image = *plan.image;
  const std::size_t bytes = image.end - OSEXT_EXECUTIVE_BASE + kGuardBytes + kStackBytes;
  if (mmap(kRegion, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, plan.device,
           0) != kRegion)
    child_fail(plan, "cannot map the executive's region");
  for (const ExecutiveSegment& segment : image.segments) {
    auto* to = reinterpret_cast<void*>(segment.address);
    std::memcpy(to, segment.bytes.data(), segment.bytes.size());
    if (mprotect(to, segment.memory_bytes, segment.protection) != 0)
      child_fail(plan, "cannot protect the executive's image");
  }
  if (mprotect(reinterpret_cast<void*>(image.end), kGuardBytes, PROT_NONE) != 0)
    child_fail(plan, "cannot protect the executive's stack");
  const std::uint64_t stack = OSEXT_EXECUTIVE_BASE + bytes;
  asm volatile("movq %0, %%rsp\n\tjmp *%1" ::"r"(stack), "r"(image.start),
               "D"(static_cast<long>(plan.device)));
  __builtin_unreachable();
}

std::string exit_reason(int status) {
  if (WIFSIGNALED(status)) return fmt::format("the executive died of signal {}", WTERMSIG(status));
  const int code = WEXITSTATUS(status);
  if (code == EBUSY) return "another executive is running; end it first";
  if (code == EPERM) return "the executive may not be traced, audited or filtered by seccomp";
  return fmt::format("the executive refused to start: {}", std::strerror(code));
}

}  // namespace

HijackSession::~HijackSession() {
  stop();
}

void HijackSession::start(const std::string& executive_path) {
  if (device_ >= 0) throw std::runtime_error("this session is started already");
  const ExecutiveImage image = read_executive(executive_path);
  device_ = open(OSEXT_HIJACK_DEVICE, O_RDWR | O_CLOEXEC);
  if (device_ < 0)
    fail("cannot open " OSEXT_HIJACK_DEVICE, errno,
         errno == EPERM || errno == EACCES ? "be root" : "load the module osext_hijack");
  reservation_ =
      mmap(kRegion, OSEXT_EXECUTIVE_SIZE, PROT_NONE,
           MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_NORESERVE, device_, OSEXT_HIJACK_RESERVE_OFFSET);
  void* message =
      mmap(nullptr, kMessageBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (reservation_ == MAP_FAILED || message == MAP_FAILED) {
    const int error = errno;
    if (reservation_ == MAP_FAILED) reservation_ = nullptr;
    stop();
    fail("cannot reserve the executive's place", error, "");
  }
  const ChildPlan plan{&image, device_, static_cast<char*>(message)};
  // Files and working directory are the guest's, wherever it runs.  No exit
  // signal: the program shall not see a child it does not know.
  const long pid = syscall(SYS_clone, CLONE_FILES | CLONE_FS, nullptr, nullptr, nullptr, nullptr);
  if (pid == 0) run_child(plan);
  executive_ = static_cast<pid_t>(pid);
  try {
    if (pid < 0) fail("cannot start the executive", errno, "");
    await_ready(plan.message);
  } catch (...) {
    stop();
    munmap(message, kMessageBytes);
    throw;
  }
  munmap(message, kMessageBytes);
}

void HijackSession::await_ready(const char* failure) {
  for (unsigned waited_ms = 0; waited_ms < kStartLimitMs; waited_ms += kStepMs) {
    osext_hijack_wait wait{kStepMs, 0};
    if (ioctl(device_, OSEXT_HIJACK_WAIT, &wait) == 0) return;
    int status;
    if (waitpid(executive_, &status, WNOHANG | __WCLONE) == executive_) {
      executive_ = -1;
      throw std::runtime_error(failure[0] ? std::string(failure) : exit_reason(status));
    }
  }
  throw std::runtime_error(
      fmt::format("the executive is not ready after {} s", kStartLimitMs / 1000));
}

void HijackSession::join() {
  if (executive_ < 0 || joined_)
    throw std::runtime_error(joined_ ? "joined already" : "start() the session first");
  osext_hijack_join arguments{};
  // Set before: between the system call and its return the world changes.
  joined_ = true;
  if (ioctl(device_, OSEXT_HIJACK_JOIN, &arguments) != 0) {
    const int error = errno;
    joined_ = false;
    fail("cannot join the executive", error,
         error == EINVAL ? "a guest has one thread"
         : error == EPERM
             ? "a guest may not be traced, audited, filtered by seccomp, or use io_uring"
             : "");
  }
}

void HijackSession::leave() {
  if (!joined_) throw std::runtime_error("not joined");
  const auto result = static_cast<std::int64_t>(hijack_call(OSEXT_HIJACK_LEAVE));
  if (result != 0) fail("cannot leave the executive", static_cast<int>(-result), "");
  joined_ = false;
}

osext_hijack_statistics HijackSession::statistics() const {
  osext_hijack_statistics statistics{};
  if (ioctl(device_, OSEXT_HIJACK_GET_STATISTICS, &statistics) != 0)
    fail("cannot read the session's statistics", errno, "");
  return statistics;
}

void HijackSession::stop() noexcept {
  if (joined_) return;
  if (executive_ > 0) {
    kill(executive_, SIGKILL);
    waitpid(executive_, nullptr, __WCLONE);
    executive_ = -1;
  }
  if (reservation_) {
    munmap(reservation_, OSEXT_EXECUTIVE_SIZE);
    reservation_ = nullptr;
  }
  if (device_ >= 0) {
    close(device_);
    device_ = -1;
  }
}

}  // namespace osext
