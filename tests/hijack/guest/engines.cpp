// SPDX-License-Identifier: GPL-2.0
// Which engine switches, and that nothing the kernel offers makes the kernel's entry forget the
// executive's thread: not tracing, not tracers, not ftrace's own switch.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>

#include "tests/hijack/guest/check.h"
#include "tests/hijack/guest/registers.h"

namespace osext::test {
namespace {

constexpr const char* kParameters = "/sys/module/osext_hijack/parameters/";
constexpr const char* kEntry = "engine=entry";

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

bool has_page_table_isolation() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("flags", 0) == 0) return (line + " ").find(" pti ") != line.npos;
  return false;
}

void expect_refused(const std::string& parameters, int error) {
  KernelModule module;
  try {
    module.load(place.module, "osext_hijack", parameters);
  } catch (const std::runtime_error& refusal) {
    require(std::strstr(refusal.what(), std::strerror(error)) != nullptr, "{}: {}", parameters,
            refusal.what());
    return;
  }
  throw std::runtime_error("loaded with " + parameters);
}

const RegisterCheck chosen("engine_chosen", [] {
  const bool isolated = has_page_table_isolation();
  const auto engine = [] { return first_line(std::string(kParameters) + "engine"); };
  for (const char* parameters : {"", "engine=auto"}) {
    Loaded module(parameters);
    require(engine() == (isolated ? "entry" : "direct"), "chosen: {}", engine());
    require_working_session();
  }
  {
    Loaded module(kEntry);
    require(engine() == "entry", "asked for entry: {}", engine());
    require_working_session();
    // Only where no page table is isolated may user memory be global.
    std::ofstream global(std::string(kParameters) + "global");
    global << 1 << std::flush;
    require(global.good() != isolated, "global pages {} accepted", isolated ? "are" : "are not");
  }
  expect_refused("engine=none", EINVAL);
  expect_refused("engine=entry flush=invlpg", EINVAL);
  if (!isolated) return;
  expect_refused("engine=direct", EOPNOTSUPP);
  expect_refused("global=1", EOPNOTSUPP);
});

// What a process does to the machine while a guest makes its calls.
struct Disturbances {
  std::atomic<int> done, failed;
};

// Every call of a guest is answered by the executive, and checked, while `disturb` was done so
// often.
void call_beside(const std::function<bool()>& disturb, int times) {
  void* memory = mmap(nullptr, sizeof(Disturbances), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  require(memory != MAP_FAILED, "mmap failed");
  auto* count = new (memory) Disturbances{};
  const pid_t disturber = fork();
  while (disturber == 0) {
    if (!disturb()) ++count->failed;
    ++count->done;
  }
  const int status = status_of_guest([&] {
    for (std::uint64_t i = 0; count->done < times; ++i) {
      require(checked_call(OSEXT_HIJACK_RPC, i) == osext_hijack_rpc_result(i),
              "call {} has another answer", i);
      if (i % 16 == 0) sched_yield();
    }
    return 0;
  });
  kill(disturber, SIGKILL);
  waitpid(disturber, nullptr, 0);
  require(count->failed == 0, "{} of {} disturbances failed", count->failed.load(),
          count->done.load());
  munmap(memory, sizeof(Disturbances));
  require(status == 0, "the guest {}", describe_status(status));
}

bool write_word(const std::string& path, const char* word) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  const bool done = file >= 0 && write(file, word, std::strlen(word)) >= 0;
  const int error = errno;
  close(file);
  errno = error;
  return done;
}

// The end of tracing clears a bit in every task that sends its calls to the tracer; and the
// function that is diverted has another follower while functions are traced.
const RegisterCheck tracing("tracing", [] {
  constexpr int kTimes = 12;
  const std::string folder = "/sys/kernel/tracing/", events = folder + "events/raw_syscalls/";
  mount("tracefs", folder.c_str(), "tracefs", 0, nullptr);
  Loaded module(kEntry);
  call_beside(
      [&] {
        return write_word(events + "sys_enter/enable", "1") &&
               write_word(events + "sys_enter/enable", "0");
      },
      kTimes);
  require(write_word(folder + "set_ftrace_filter", "syscall_trace_enter*"), "no filter");
  call_beside(
      [&] {
        return write_word(folder + "current_tracer", "function") &&
               write_word(folder + "current_tracer", "nop");
      },
      kTimes);
  write_word(folder + "current_tracer", "nop");
  write_word(events + "sys_enter/enable", "0");
  umount(folder.c_str());
});

// What diverts the thread cannot be switched off: each attempt fails.
const RegisterCheck ftrace("ftrace_stays", [] {
  constexpr int kTimes = 100;
  Loaded module(kEntry);
  call_beside([] { return !write_word("/proc/sys/kernel/ftrace_enabled", "0") && errno == EBUSY; },
              kTimes);
});

// A tracer that has the thread stop at its system calls sees the executive's own; its guest's and
// the operations stay the executive's.
const RegisterCheck traced_calls("traced_calls", [] {
  constexpr int kStops = 300;
  Loaded module(kEntry);
  int pipes[2];
  require(pipe(pipes) == 0, "pipe failed");
  const pid_t guest = fork();
  if (guest == 0) {
    HijackSession session;
    session.start(place.executive);
    const pid_t executive = session.executive_pid();
    (void)!write(pipes[1], &executive, sizeof executive);
    session.join();
    for (std::uint64_t i = 0;; ++i)
      if (hijack_call(OSEXT_HIJACK_RPC, i) != osext_hijack_rpc_result(i)) _exit(1);
  }
  pid_t thread = 0;
  require(read(pipes[0], &thread, sizeof thread) == sizeof thread, "no session");
  require(ptrace(PTRACE_SEIZE, thread, nullptr, PTRACE_O_TRACESYSGOOD) == 0, "seize failed");
  require(ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) == 0, "interrupt failed");
  for (int i = 0; i < kStops; ++i) {
    int status;
    require(waitpid(thread, &status, __WALL) == thread && WIFSTOPPED(status),
            "the thread does not stop");
    ptrace(PTRACE_SYSCALL, thread, nullptr, nullptr);
  }
  require(waitpid(guest, nullptr, WNOHANG) == 0, "the guest had another answer");
  kill(guest, SIGKILL);
  waitpid(guest, nullptr, 0);
  kill(thread, SIGKILL);
  for (int status; waitpid(thread, &status, __WALL) == thread && WIFSTOPPED(status);) {
  }
  close(pipes[0]);
  close(pipes[1]);
});

}  // namespace
}  // namespace osext::test
