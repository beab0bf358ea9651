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

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "executive/boot.h"
#include "executive/host/image.h"

namespace osext {

namespace {

constexpr std::size_t kMessageBytes = 256, kGuardBytes = 4096, kStackBytes = 65536, kPage = 4096;
// A page for each guest, and one that nobody needs.
constexpr std::size_t kHeapBytes = executive::kReportBytes + (OSEXT_HIJACK_GUESTS_MAX + 1) * kPage;
constexpr unsigned kStartLimitMs = 10000, kFinishLimitMs = 2000, kStepMs = 20;

void* const kRegion = reinterpret_cast<void*>(OSEXT_EXECUTIVE_BASE);

[[noreturn]] void fail(const std::string& what, int error, const std::string& remedy) {
  throw std::runtime_error(
      fmt::format("{}: {}{}{}", what, std::strerror(error), remedy.empty() ? "" : "; ", remedy));
}

// ---- In the child: system calls and stack only, for it is a fork of a process
// that may be anywhere, and its memory is dropped soon.

struct ChildPlan {
  const ExecutiveImage* image;
  const std::string* options;
  pid_t owner;
  int device, output;
  int ceiling;    // SCHED_FIFO priority, 0 = as inherited
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
  if (getppid() != plan.owner) _exit(1);  // it died before that, and nobody will tell
  if (plan.ceiling > 0) {
    const sched_param priority{plan.ceiling};
    if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0)
      child_fail(plan, "cannot give the executive its priority");
  }
  // It faults for its guests: their want of memory shall not be its end.
  const int badness = open("/proc/self/oom_score_adj", O_WRONLY);
  if (badness >= 0 && write(badness, "-1000", 5) != 5)
    child_fail(plan, "cannot spare the executive from the OOM killer");
  setsid();  // what the terminal sends is for the guests
  if (chdir("/") != 0) child_fail(plan, "cannot leave the working directory");
  // Pipes that stay open here would never end for whoever reads them.
  if (dup2(plan.output, 2) < 0 || dup2(plan.device, 0) < 0 ||
      syscall(SYS_close_range, 3, ~0U, 0) != 0 || close(1) != 0)
    child_fail(plan, "cannot close the files of its owner");
  unregister_rseq();
  const ExecutiveImage& image = *plan.image;
  const std::uint64_t heap = image.end, guard = heap + kHeapBytes;
  const std::size_t bytes = guard - OSEXT_EXECUTIVE_BASE + kGuardBytes + kStackBytes;
  if (mmap(kRegion, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, 0, 0) !=
      kRegion)
    child_fail(plan, "cannot map the executive's region");
  for (const ExecutiveSegment& segment : image.segments) {
    auto* to = reinterpret_cast<void*>(segment.address);
    std::memcpy(to, segment.bytes.data(), segment.bytes.size());
    if (mprotect(to, segment.memory_bytes, segment.protection) != 0)
      child_fail(plan, "cannot protect the executive's image");
  }
  if (mprotect(reinterpret_cast<void*>(guard), kGuardBytes, PROT_NONE) != 0)
    child_fail(plan, "cannot protect the executive's stack");
  // What the executive is told lies on top of its stack.
  constexpr std::size_t boot_bytes = (sizeof(executive::Boot) + 15) / 16 * 16;
  const std::uint64_t stack = OSEXT_EXECUTIVE_BASE + bytes - boot_bytes;
  auto* boot = reinterpret_cast<executive::Boot*>(stack);
  boot->device = 0;
  boot->output = 2;
  boot->heap = heap;
  boot->heap_end = guard;
  std::memcpy(boot->options, plan.options->c_str(), plan.options->size());
  // What it is told is read there: the compiler must not take it for written in vain.
  asm volatile("movq %0, %%rsp\n\tjmp *%1" ::"r"(stack), "r"(image.start), "D"(boot) : "memory");
  __builtin_unreachable();
}

std::string exit_reason(int status) {
  if (WIFSIGNALED(status)) return fmt::format("the executive died of signal {}", WTERMSIG(status));
  const int code = WEXITSTATUS(status);
  if (code == executive::kFailed) return "the executive did not start, for the reason it gave";
  if (code == EBUSY) return "another executive is running; end it first";
  if (code == EPERM) return "the executive may not be traced, audited or filtered by seccomp";
  if (code == EOPNOTSUPP)
    return "the module cannot do here what the executive wants; the kernel log says why";
  return fmt::format("the executive refused to start: {}", std::strerror(code));
}

}  // namespace

HijackSession::~HijackSession() {
  stop();
}

void HijackSession::start(const std::string& executive_path, const HijackOptions& options) {
  if (device_ >= 0) throw std::runtime_error("this session is started already");
  if (options.words.size() >= executive::kOptionBytes)
    throw std::runtime_error("too many options for the executive");
  const ExecutiveImage image = read_executive(executive_path);
  device_ = open(OSEXT_HIJACK_DEVICE, O_RDWR | O_CLOEXEC);
  if (device_ < 0)
    fail("cannot open " OSEXT_HIJACK_DEVICE, errno,
         errno == EPERM || errno == EACCES ? "be root" : "load the module osext_hijack");
  void* message =
      mmap(nullptr, kMessageBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (message == MAP_FAILED) {
    const int error = errno;
    stop();
    fail("cannot start the executive", error, "");
  }
  report_address_ = image.end;
  const ChildPlan plan{&image,
                       &options.words,
                       getpid(),
                       device_,
                       options.output,
                       options.priority,
                       static_cast<char*>(message)};
  // No exit signal: the program shall not see a child it does not know.
  const long pid = syscall(SYS_clone, 0, nullptr, nullptr, nullptr, nullptr);
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

std::vector<std::uint64_t> HijackSession::report(std::size_t most) const {
  const std::size_t room = executive::kReportBytes / sizeof(std::uint64_t);
  std::vector<std::uint64_t> words(most < room ? most + 1 : room);  // their number comes first
  osext_hijack_read request{report_address_, words.size() * sizeof(std::uint64_t),
                            reinterpret_cast<std::uint64_t>(words.data()), 0};
  if (ioctl(device_, OSEXT_HIJACK_READ, &request) != 0)
    fail("cannot read the executive's report", errno, "");
  const std::uint64_t count = words.front();
  if (count > room - 1)
    throw std::runtime_error(
        fmt::format("the executive reports {} values, but has room for {}", count, room - 1));
  const std::size_t read = std::min<std::size_t>(count, words.size() - 1);
  return {words.begin() + 1, words.begin() + 1 + static_cast<std::ptrdiff_t>(read)};
}

void HijackSession::finish() {
  if (joined_ || executive_ < 0) return;
  kill(executive_, SIGTERM);
  for (unsigned waited_ms = 0; waited_ms < kFinishLimitMs; ++waited_ms) {
    if (waitpid(executive_, nullptr, WNOHANG | __WCLONE) == executive_) {
      executive_ = -1;
      return;
    }
    usleep(1000);
  }
}

void HijackSession::stop() noexcept {
  if (joined_) return;
  if (executive_ > 0) {
    kill(executive_, SIGKILL);
    waitpid(executive_, nullptr, __WCLONE);
    executive_ = -1;
  }
  if (device_ >= 0) {
    close(device_);
    device_ = -1;
  }
}

}  // namespace osext
