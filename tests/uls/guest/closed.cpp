// SPDX-License-Identifier: GPL-2.0
// The closed sandbox cannot be reached: not by the program, not by the kernel on its behalf, not by
// translations that a TLB remembers, and its mapping is what it is.
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "tests/uls/guest/check.h"

namespace osext::test {
namespace {

volatile char* at(std::uintptr_t address) {
  return reinterpret_cast<volatile char*>(address);
}
volatile std::uint64_t sink;

void require_untouchable(const Extension& extension, const char* when) {
  for (const std::uintptr_t address :
       {std::uintptr_t{OSEXT_ULS_CODE}, std::uintptr_t{extension.code},
        std::uintptr_t{extension.data}, std::uintptr_t{OSEXT_ULS_DATA},
        std::uintptr_t{OSEXT_ULS_DATA + OSEXT_ULS_PAGE_BYTES - 1},
        std::uintptr_t{OSEXT_ULS_DATA + OSEXT_ULS_PAGE_BYTES}}) {
    require(signal_of([&] { sink = *at(address); }) == SIGSEGV, "{:#x} can be read {}", address,
            when);
    require(signal_of([&] { *at(address) = 1; }) == SIGSEGV, "{:#x} can be written {}", address,
            when);
    require(signal_of([&] { reinterpret_cast<void (*)()>(address)(); }) == SIGSEGV,
            "{:#x} can be jumped to {}", address, when);
  }
}

int host_status(const std::function<void(UlsSandbox&, Extension&)>& body) {
  return status_of_child([&] {
    UlsSandbox sandbox;
    Extension extension(sandbox, extension_count);
    extension.bind_software();
    sandbox.join();
    body(sandbox, extension);
    return 0;
  });
}

void require_host(const std::function<void(UlsSandbox&, Extension&)>& body) {
  const int status = host_status(body);
  require(status == 0, "the host {}", describe_status(status));
}

const RegisterCheck touch("touch", [] {
  for (const char* mode : {"mode=present", "mode=us"}) {
    Loaded module(mode);
    require_host([](UlsSandbox& sandbox, Extension& extension) {
      require_untouchable(extension, "before an upcall");
      require(extension.raise() == 0 && extension.count() == 1, "no upcall");
      require_untouchable(extension, "after an upcall");
      for (const std::uint32_t flags : {0U, static_cast<std::uint32_t>(OSEXT_ULS_FLUSH_ALL)}) {
        osext_uls_open open{flags, 0};
        require(ioctl(sandbox.descriptor(), OSEXT_ULS_OPEN, &open) == 0, "it cannot be opened");
        require_untouchable(extension, "after opening it");
      }
      osext_uls_open wrong{1, 0};
      require(ioctl(sandbox.descriptor(), OSEXT_ULS_OPEN, &wrong) < 0, "unknown flags are taken");
      extension.bind_timer(20'000);
      for (int i = 0; i < 200; ++i) require_untouchable(extension, "between upcalls");
    });
  }
});

// Without dropping what the TLB remembers the sandbox stays readable: the probe can see it.
const RegisterCheck touch_control("touch_control", [] {
  Loaded module("test_stale=1");
  require_host([](UlsSandbox&, Extension& extension) {
    int seen = 0;
    for (int i = 0; i < 100 && !seen; ++i) {
      extension.raise();
      seen = signal_of([&] { sink = *at(extension.data); }) == 0;
    }
    require(seen, "a stale translation is never seen");
  });
});

// How many of the ways of having the kernel reach into the sandbox succeed.
int confused_deputies(Extension& extension) {
  int pipes[2];
  if (pipe(pipes) < 0) return -1;
  char buffer[64] = "0123456789";
  const auto data = reinterpret_cast<void*>(std::uintptr_t{extension.data + 1024});
  const auto code = reinterpret_cast<void*>(std::uintptr_t{extension.code});
  int successes = 0;
  successes += write(pipes[1], data, 16) == 16;
  successes += write(pipes[1], code, 16) == 16;
  successes += write(pipes[1], buffer, 16) == 16 && read(pipes[0], data, 8) == 8;
  successes += uname(static_cast<utsname*>(data)) == 0;
  close(pipes[0]);
  close(pipes[1]);
  return successes;
}

const RegisterCheck pointers("pointers", [] {
  Loaded module;
  require_host([](UlsSandbox&, Extension& extension) {
    for (int i = 0; i < 50; ++i) {
      const int successes = confused_deputies(extension);
      require(successes == 0, "{} ways into the sandbox", successes);
      extension.raise();
    }
    const auto data = reinterpret_cast<void*>(std::uintptr_t{extension.data});
    char byte = 0;
    iovec here = {&byte, 1}, there = {data, 1};
    require(process_vm_readv(getpid(), &here, 1, &there, 1, 0) < 0, "process_vm_readv reads it");
    require(process_vm_writev(getpid(), &here, 1, &there, 1, 0) < 0, "process_vm_writev writes it");
    const int memory = open("/proc/self/mem", O_RDWR);
    require(memory >= 0 && pread(memory, &byte, 1, extension.data) < 0 &&
                pwrite(memory, &byte, 1, extension.data) < 0,
            "/proc/self/mem reaches it");
    close(memory);
  });
});

// The slides' way of closing it: the user bit stops the program, and not the kernel.
const RegisterCheck pointers_control("pointers_control", [] {
  Loaded module("mode=us");
  require_host([](UlsSandbox&, Extension& extension) {
    const int successes = confused_deputies(extension);
    require(successes >= 3, "only {} of 4 ways into the sandbox closed by the user bit", successes);
  });
});

// The translations of the CPU on which an upcall began, after the host was moved in its midst.
std::uint64_t moved_reads(std::uint64_t rounds) {
  UlsSandbox sandbox;
  Extension extension(sandbox, extension_wait);
  extension.bind_software();
  int readable = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    extension.set_word(1, 0);
    const std::uint64_t before = extension.count();
    const pid_t host = start_child([&] {
      cpu_set_t first;
      CPU_ZERO(&first);
      CPU_SET(0, &first);
      sched_setaffinity(0, sizeof first, &first);
      sandbox.join();
      extension.raise();  // returns on the other CPU
      sched_setaffinity(0, sizeof first, &first);
      return signal_of([&] { sink = *at(extension.data); }) == 0 ? 1 : 0;
    });
    wait_until("the upcall", [&] { return extension.count() > before; });
    cpu_set_t second;
    CPU_ZERO(&second);
    CPU_SET(1, &second);
    sched_setaffinity(host, sizeof second, &second);
    extension.set_word(1, 1);
    int status;
    waitpid(host, &status, 0);
    require(WIFEXITED(status) && WEXITSTATUS(status) <= 1, "the host {}", describe_status(status));
    readable += WEXITSTATUS(status);
  }
  return readable;
}

const RegisterCheck moved("moved", [] {
  Loaded module;
  const std::uint64_t readable = moved_reads(20);
  require(readable == 0, "readable after {} of 20 moves", readable);
});

// What can be done to the mapping.
const RegisterCheck mapping("mapping", [] {
  Loaded module;
  const auto base = reinterpret_cast<void*>(std::uintptr_t{OSEXT_ULS_CODE});
  const auto inside = reinterpret_cast<void*>(std::uintptr_t{OSEXT_ULS_DATA});
  require_host([&](UlsSandbox& sandbox, Extension& extension) {
    require(error_of([&] { sandbox.join(); }) == EBUSY, "it joins twice");
    for (const int rights : {PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC})
      require(mprotect(base, OSEXT_SANDBOX_SIZE, rights) < 0, "mprotect gives rights");
    require(mprotect(inside, 4096, PROT_READ) < 0, "mprotect of a part gives rights");
    require(munmap(inside, 4096) < 0 && munmap(base, OSEXT_ULS_PAGE_BYTES) < 0,
            "a part can be unmapped");
    require(
        mmap(inside, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED,
        "a part can be mapped over");
    require(mremap(base, OSEXT_SANDBOX_SIZE, OSEXT_SANDBOX_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
                   reinterpret_cast<void*>(0x10000000)) == MAP_FAILED,
            "it can be moved");
    require(
        mremap(base, OSEXT_SANDBOX_SIZE, OSEXT_ULS_PAGE_BYTES, 0) == MAP_FAILED &&
            mremap(base, OSEXT_SANDBOX_SIZE, 2 * OSEXT_SANDBOX_SIZE, MREMAP_MAYMOVE) == MAP_FAILED,
        "its size can be changed");
    for (const int advice : {MADV_DONTNEED, MADV_REMOVE, MADV_DOFORK, MADV_DODUMP, MADV_PAGEOUT})
      require(madvise(base, OSEXT_SANDBOX_SIZE, advice) < 0, "madvise {} is taken", advice);
    require_untouchable(extension, "after all that");
    require(extension.raise() == 0 && extension.count() == 1, "no upcall after all that");
    require_untouchable(extension, "after an upcall");

    // Whole it can go: that is leaving.  A child does not have it.
    require(status_of_child([&] {
              extension.raise();
              return extension.count() == 1 && access("/", F_OK) == 0 ? 0 : 1;
            }) == 0,
            "a child of a host is one");
    require(extension.count() == 2, "what the child raised was not delivered here");
    require(munmap(base, OSEXT_SANDBOX_SIZE) == 0, "it cannot leave");
    require(extension.raise() == 0 && extension.count() == 2, "an upcall in who has left");
    require(mmap(base, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                 0) == base,
            "the place is not free");
    require(error_of([&] { sandbox.join(); }) == EEXIST, "it joins over another mapping");
    munmap(base, 4096);
    sandbox.join();
    require(extension.count() == 3, "who joins again gets nothing");
  });
});

const RegisterCheck execs("execs", [] {
  Loaded module;
  UlsSandbox sandbox;
  Extension extension(sandbox, extension_count);
  extension.bind_timer(50'000);
  for (int i = 0; i < 20; ++i) {
    const int status = status_of_child([&] {
      sandbox.join();
      for (int round = 0; round < 20000; ++round) sink = sink + 1;
      execl("/bin/busybox", "busybox", "true", nullptr);
      return 98;
    });
    require(status == 0, "a host that execs {}", describe_status(status));
  }
  require(sandbox.statistics().hosts == 0, "hosts stay after exec");
});

int idle(void*) {
  for (;;) usleep(1000);
}

// Who shares its memory is not opened to the other.
const RegisterCheck threads("threads", [] {
  Loaded module;
  require_host([](UlsSandbox&, Extension& extension) {
    static char stack[65536];
    const pid_t thread = clone(idle, stack + sizeof stack, CLONE_VM | SIGCHLD, nullptr);
    require(thread > 0, "clone failed");
    for (int i = 0; i < 20; ++i) extension.raise();
    require(extension.count() == 0, "{} upcalls beside a second thread", extension.count());
    kill(thread, SIGKILL);
    waitpid(thread, nullptr, 0);
    wait_until("an upcall", [&] { return extension.count() == 1; });
  });
  const int status = status_of_child([] {
    static char stack[65536];
    const pid_t thread = clone(idle, stack + sizeof stack, CLONE_VM | SIGCHLD, nullptr);
    UlsSandbox sandbox;
    const int error = error_of([&] { sandbox.join(); });
    kill(thread, SIGKILL);
    waitpid(thread, nullptr, 0);
    return error;
  });
  require(status == EINVAL << 8, "joining with two threads: {}", describe_status(status));
});

}  // namespace
}  // namespace osext::test
