// SPDX-License-Identifier: GPL-2.0
// Hosts and other processes that work against the module by what any process may do: to its own
// memory, to its processor's settings, and to the memory behind its requests.
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <thread>

#include "tests/uls/guest/check.h"

namespace osext::test {
namespace {

void in_child(const std::function<void()>& body) {
  const int status = status_of_child([&] {
    body();
    return 0;
  });
  require(status == 0, "the host {}", describe_status(status));
}

int unmap_sandbox(void*) {
  const auto base = reinterpret_cast<void*>(std::uintptr_t{OSEXT_ULS_CODE});
  return munmap(base, OSEXT_SANDBOX_SIZE) == 0 ? 0 : 1;
}

// Who shares a host's memory unmaps the sandbox there: with it go the page tables to open it by.
const RegisterCheck unmapped_by_other("unmapped_by_other", [] {
  Loaded module;
  in_child([] {
    UlsSandbox sandbox;
    Extension extension(sandbox, extension_count);
    extension.bind_software();
    sandbox.join();
    for (int i = 0; i < 10; ++i) {
      static char stack[65536];
      const pid_t other = clone(unmap_sandbox, stack + sizeof stack, CLONE_VM | SIGCHLD, nullptr);
      int status;
      require(other > 0 && waitpid(other, &status, 0) == other && status == 0,
              "the other does not unmap it");
      const auto upcalls = static_cast<std::uint64_t>(i);
      require(extension.raise() == 0 && extension.count() == upcalls,
              "an upcall without a sandbox");
      osext_uls_open open{};
      require(ioctl(sandbox.descriptor(), OSEXT_ULS_OPEN, &open) < 0 && errno == EINVAL,
              "what is not there is opened");
      sandbox.join();
      require(extension.count() == upcalls + 1, "who joins again gets nothing");
    }
    const osext_uls_statistics statistics = extension.statistics();
    require(statistics.returns == statistics.upcalls && statistics.hosts == 1, "{} of {} return",
            statistics.returns, statistics.upcalls);
  });
});

// Memory that is not there before the test says so: whoever reads it in the kernel waits for that.
class SlowPage {
 public:
  SlowPage()
      : page_(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
        faults_(static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC))) {
    uffdio_api api{UFFD_API, 0, 0};
    uffdio_register range{{address(), 4096}, UFFDIO_REGISTER_MODE_MISSING, 0};
    require(faults_ >= 0 && ioctl(faults_, UFFDIO_API, &api) == 0 &&
                ioctl(faults_, UFFDIO_REGISTER, &range) == 0,
            "no userfaultfd: error {}", errno);
  }
  ~SlowPage() {
    close(faults_);
    munmap(page_, 4096);
  }
  void* get() const { return page_; }
  void await_reader() const {
    uffd_msg message;
    require(read(faults_, &message, sizeof message) == sizeof message, "no fault is told");
  }
  void provide() const {
    uffdio_zeropage zero{{address(), 4096}, 0, 0};
    require(ioctl(faults_, UFFDIO_ZEROPAGE, &zero) == 0, "no page");
  }

 private:
  std::uint64_t address() const { return reinterpret_cast<std::uintptr_t>(page_); }
  void* page_;
  int faults_;
};

// While the request waits for the memory that `argument` gives it, others are served.
void require_others_served(const char* what, UlsSandbox& sandbox, unsigned long request,
                           const std::function<void*(const SlowPage&)>& argument) {
  const SlowPage page;
  std::thread waiter([&] { ioctl(sandbox.descriptor(), request, argument(page)); });
  page.await_reader();
  const pid_t other = start_child([] {
    UlsSandbox own;
    Extension extension(own, extension_count);
    return own.statistics().id == OSEXT_ULS_NONE ? 0 : 1;
  });
  int status = -1;
  std::string problem;
  try {
    wait_until("another's request", [&] { return waitpid(other, &status, WNOHANG) == other; });
  } catch (const std::exception& error) {
    problem = error.what();
  }
  page.provide();
  waiter.join();
  if (!problem.empty()) waitpid(other, &status, 0);
  require(problem.empty() && status == 0, "{}: {}, it {}", what, problem, describe_status(status));
}

const RegisterCheck slow_memory("slow_memory", [] {
  Loaded module;
  UlsSandbox sandbox;
  Extension extension(sandbox, extension_count);
  const auto itself = [](const SlowPage& page) { return page.get(); };
  for (const unsigned long request :
       {OSEXT_ULS_LOAD, OSEXT_ULS_WRITE, OSEXT_ULS_START, OSEXT_ULS_BIND, OSEXT_ULS_GET_STATISTICS,
        OSEXT_ULS_GRANT, OSEXT_ULS_THREAD, OSEXT_ULS_RAISE})
    require_others_served(fmt::format("request {:#x}", request).c_str(), sandbox, request, itself);
  for (const unsigned long request : {OSEXT_ULS_WRITE, OSEXT_ULS_READ})
    require_others_served("copying", sandbox, request, [&](const SlowPage& page) {
      static osext_uls_copy copy;
      copy = {extension.id, extension.data, 64, 0, reinterpret_cast<std::uintptr_t>(page.get())};
      return static_cast<void*>(&copy);
    });
});

// Whatever its host does: the extension may lose upcalls by it, but not its good name.
void require_blameless(Extension& extension, const char* host) {
  const osext_uls_statistics statistics = extension.statistics();
  require(statistics.aborts[OSEXT_ULS_ABORT_FAULT] == 0 && statistics.condemned == 0,
          "{}: {} faults are the extension's, condemned: {}", host,
          statistics.aborts[OSEXT_ULS_ABORT_FAULT], statistics.condemned);
  require(statistics.aborts[OSEXT_ULS_ABORT_BLOCKED] > 0, "{}: no upcall was disturbed", host);
}

// A host that may not read the time stamp counter.
const RegisterCheck no_clock("host_without_clock", [] {
  Loaded module;
  UlsSandbox sandbox;
  Extension extension(sandbox, extension_clock);
  extension.bind_software();
  in_child([&] {
    require(prctl(PR_SET_TSC, PR_TSC_SIGSEGV) == 0, "prctl failed");
    sandbox.join();
    for (int i = 0; i < 5; ++i) extension.raise();
  });
  require_blameless(extension, "without a clock");
  in_child([&] {
    sandbox.join();
    const std::uint64_t before = extension.statistics().returns;
    require(extension.raise() == 0 && extension.statistics().returns == before + 1, "no upcall");
  });
});

// A host whose debugger has left breakpoints in the sandbox.
const RegisterCheck breakpoints("host_with_breakpoints", [] {
  Loaded module;
  UlsSandbox sandbox;
  Extension extension(sandbox, extension_count);
  extension.bind_software();
  int pipes[2];
  require(pipe(pipes) == 0, "pipe failed");
  const pid_t host = start_child([&] {
    char byte;
    if (read(pipes[0], &byte, 1) != 1) return 97;
    sandbox.join();
    for (int i = 0; i < 5; ++i) extension.raise();
    return 0;
  });
  int status;
  const std::uintptr_t entry = extension.code + (extension_count - extension_begin);
  const auto debug = [&](std::size_t number, std::uintptr_t value) {
    return ptrace(PTRACE_POKEUSER, host, offsetof(user, u_debugreg) + 8 * number, value);
  };
  require(ptrace(PTRACE_ATTACH, host, 0, 0) == 0 && waitpid(host, &status, 0) == host &&
              debug(0, entry) == 0 && debug(7, 1) == 0 && ptrace(PTRACE_DETACH, host, 0, 0) == 0,
          "no breakpoint: error {}", errno);
  require(write(pipes[1], "x", 1) == 1 && waitpid(host, &status, 0) == host, "the host");
  close(pipes[0]);
  close(pipes[1]);
  require(status == 0, "the host {}", describe_status(status));
  require_blameless(extension, "with breakpoints");
});

void unregister_sequences() {
  syscall(SYS_rseq, static_cast<char*>(__builtin_thread_pointer()) + __rseq_offset, 32, 1,
          RSEQ_SIG);
}

bool has_protection_keys() {
  std::uint32_t eax = 7, ebx, ecx = 0, edx;
  asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
  return ecx >> 4 & 1;  // the kernel uses them
}

// A host that may not touch memory with protection key 0, as the sandbox's is.
const RegisterCheck keys("host_without_keys", [] {
  if (!has_protection_keys()) {
    fmt::print("  this processor has no protection keys\n");
    return;
  }
  Loaded module;
  UlsSandbox sandbox;
  Extension extension(sandbox, extension_count);
  in_child([&] {
    unregister_sequences();
    sandbox.join();
    extension.bind_timer(200'000);
    // Registers only in between.
    asm volatile(
        "wrpkru; movq %[rounds], %%r8; 1: decq %%r8; jnz 1b; xorl %%eax, %%eax; wrpkru" ::"a"(3),
        "c"(0), "d"(0), [rounds] "r"(30'000'000L)
        : "r8", "memory", "cc");
  });
  require_blameless(extension, "without keys");
});

// A host whose place for restartable sequences cannot be written, so that whoever takes its CPU in
// the middle of an upcall finds that out.
const RegisterCheck bad_sequence("host_with_bad_sequence", [] {
  Loaded module;
  UlsSandbox sandbox;
  Extension extension(sandbox, extension_wait);
  extension.bind_software();
  cpu_set_t before, one;
  sched_getaffinity(0, sizeof before, &before);
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  sched_setaffinity(0, sizeof one, &one);
  const auto disturbed = [&] {
    const osext_uls_statistics statistics = extension.statistics();
    return statistics.aborts[OSEXT_ULS_ABORT_BLOCKED] + statistics.aborts[OSEXT_ULS_ABORT_FAULT] >
           0;
  };
  // One that loses its CPU before its upcall dies of it.
  for (int i = 0; i < 50 && !disturbed(); ++i) {
    const pid_t host = start_child([&] {
      unregister_sequences();
      void* area = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      require(syscall(SYS_rseq, area, 32, 0, RSEQ_SIG) == 0, "rseq failed: {}", errno);
      sandbox.join();
      require(mprotect(area, 4096, PROT_READ) == 0, "mprotect failed");
      extension.raise();
      return 0;
    });
    // That this process runs at all means that the host is interrupted.
    usleep(20000);
    int status;
    wait_until("the host's end",
               [&] { return disturbed() || waitpid(host, &status, WNOHANG) == host; });
    kill(host, SIGKILL);
    waitpid(host, nullptr, 0);
  }
  sched_setaffinity(0, sizeof before, &before);
  require_blameless(extension, "with a bad sequence");
});

}  // namespace
}  // namespace osext::test
