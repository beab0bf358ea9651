// SPDX-License-Identifier: GPL-2.0
// A guest can neither read, write nor execute the executive, nor have the kernel do it.  Controls
// run the same with the executive deliberately left mapped: there the attack must succeed.
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "tests/hijack/guest/check.h"

namespace osext::test {
namespace {

enum class Touch { read, write, jump };

// A guest that touches the executive gets a signal, as for any address, instead of its end.
const HijackOptions handled{"policy=interpose touch=signal"};

// Returns 0 if the guest survived.
int touch(Touch how, std::uint64_t offset) {
  auto* target = reinterpret_cast<volatile std::uint64_t*>(OSEXT_EXECUTIVE_BASE + offset);
  hijack_call(OSEXT_HIJACK_RPC, 1);  // the executive's pages are hot
  if (how == Touch::read) {
    (void)*target;
  } else if (how == Touch::write) {
    *target = 0;
  } else {
    // Its first instructions end in ud2, so even a success is not silent.
    reinterpret_cast<void (*)()>(const_cast<std::uint64_t*>(target))();
  }
  return 0;
}

bool died_of(int status, int signal) {
  return WIFSIGNALED(status) && WTERMSIG(status) == signal;
}

const RegisterCheck touches("touch", [] {
  Loaded module;
  const std::uint64_t offsets[] = {0, 4096, 8192, 12288, 65536, OSEXT_EXECUTIVE_SIZE - 8};
  for (const Touch how : {Touch::read, Touch::write, Touch::jump})
    for (const std::uint64_t offset : offsets) {
      int status = status_of_guest([&] { return touch(how, offset); });
      require(died_of(status, SIGKILL), "touch {} at {:#x}: the guest {}", static_cast<int>(how),
              offset, describe_status(status));
      status = status_of_guest([&] { return touch(how, offset); }, handled);
      require(died_of(status, SIGSEGV), "touch {} at {:#x}: the guest {}", static_cast<int>(how),
              offset, describe_status(status));
    }
  require_working_session();
});

const RegisterCheck touches_control("touch_control", [] {
  Loaded module("test_leave_hooked=1");
  int status = status_of_guest([] { return touch(Touch::read, 4096); });
  require(status == 0, "reading the mapped executive: the guest {}", describe_status(status));
  status = status_of_guest([] { return touch(Touch::write, 64); });
  require(status == 0, "writing the mapped executive: the guest {}", describe_status(status));
});

// Every way to hand the kernel a pointer, here to the executive's data.
struct PointerResult {
  const char* what;
  long result;
  int error;
};

std::vector<PointerResult> try_pointers(pid_t self) {
  auto* secret = reinterpret_cast<void*>(OSEXT_EXECUTIVE_BASE);
  std::uint64_t word = 0;
  int pipes[2];
  require(pipe(pipes) == 0, "pipe failed");
  require(::write(pipes[1], "12345678", 8) == 8, "write failed");
  std::vector<PointerResult> results;
  const auto add = [&](const char* what, long result) { results.push_back({what, result, errno}); };
  hijack_call(OSEXT_HIJACK_RPC, 1);
  add("write", ::write(pipes[1], secret, 8));
  add("read", ::read(pipes[0], secret, 8));
  const iovec here{&word, 8}, there{secret, 8};
  add("process_vm_readv", process_vm_readv(self, &here, 1, &there, 1, 0));
  add("process_vm_writev", process_vm_writev(self, &here, 1, &there, 1, 0));
  add("open", open(static_cast<const char*>(secret), O_RDONLY));
  add("getcwd", getcwd(static_cast<char*>(secret), 64) ? 0 : -1);
  const int memory = open("/proc/self/mem", O_RDONLY);
  add("/proc/self/mem", pread(memory, &word, 8, static_cast<off_t>(OSEXT_EXECUTIVE_BASE)));
  close(memory);
  close(pipes[0]);
  close(pipes[1]);
  return results;
}

const RegisterCheck pointers("pointers", [] {
  Loaded module;
  const int status = status_of_guest([] {
    for (const PointerResult& one : try_pointers(getpid()))
      require(one.result == -1 && (one.error == EFAULT || one.error == EIO),
              "{} into the executive gives {} (errno {})", one.what, one.result, one.error);
    return 0;
  });
  require(status == 0, "the guest {}", describe_status(status));
});

const RegisterCheck pointers_control("pointers_control", [] {
  Loaded module("test_leave_hooked=1");
  const int status = status_of_guest([] {
    const auto results = try_pointers(getpid());
    require(results[0].result == 8 && results[1].result == 8,
            "write and read into the mapped executive give {} and {}", results[0].result,
            results[1].result);
    return 0;
  });
  require(status == 0, "the guest {}", describe_status(status));
});

// The session's descriptor, in the hands of a guest, does not show it the executive; nor does it
// take the launcher's, nor one that hears of page faults.
const RegisterCheck descriptors("descriptors", [] {
  Loaded module;
  HijackSession session;
  session.start(place.executive);
  const pid_t launcher = getpid();
  std::uint64_t words[8]{};
  osext_hijack_read read{OSEXT_EXECUTIVE_BASE + OSEXT_HIJACK_SHARED_BYTES, sizeof words,
                         reinterpret_cast<std::uint64_t>(words), 0};
  require(ioctl(session.device(), OSEXT_HIJACK_READ, &read) == 0 && words[0] != 0,
          "whoever is no guest may read it");  // the control
  const int faults = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
  const int heard = ioctl(faults, USERFAULTFD_IOC_NEW, O_CLOEXEC);
  require(heard >= 0, "whoever is no guest may hear of faults");  // as well
  close(heard);
  const int status = status_of_child([&] {
    session.join();
    require(ioctl(session.device(), OSEXT_HIJACK_READ, &read) == -1 && errno == EPERM,
            "a guest reads it");
    const auto process = static_cast<int>(syscall(SYS_pidfd_open, launcher, 0));
    require(process >= 0, "no pidfd");
    require(syscall(SYS_pidfd_getfd, process, session.device(), 0) == -1 && errno == EPERM,
            "it takes the launcher's descriptor");
    require(ioctl(faults, USERFAULTFD_IOC_NEW, O_CLOEXEC) == -1 && errno == EPERM,
            "it hears of faults");
    session.leave();
    return 0;
  });
  require(status == 0, "the guest {}", describe_status(status));
  close(faults);
  session.stop();
});

// A third process looks at the executive's thread while it runs its guest.
const RegisterCheck third_process("third_process", [] {
  Loaded module;
  int pipes[2];
  require(pipe(pipes) == 0, "pipe failed");
  const pid_t child = fork();
  if (child == 0) {
    HijackSession session;
    session.start(place.executive);
    session.join();
    const pid_t self = getpid();
    (void)!::write(pipes[1], &self, sizeof self);
    for (;;) hijack_call(OSEXT_HIJACK_RPC, 1);
  }
  pid_t thread = 0;
  require(::read(pipes[0], &thread, sizeof thread) == sizeof thread, "no pid");
  const int memory = open(fmt::format("/proc/{}/mem", thread).c_str(), O_RDWR);
  int seen = 0;
  for (int i = 0; i < 20000; ++i) {
    std::uint64_t word = 0;
    const iovec here{&word, 8}, there{reinterpret_cast<void*>(OSEXT_EXECUTIVE_BASE), 8};
    seen += process_vm_readv(thread, &here, 1, &there, 1, 0) > 0;
    seen += pread(memory, &word, 8, static_cast<off_t>(OSEXT_EXECUTIVE_BASE)) > 0;
  }
  close(memory);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(pipes[0]);
  close(pipes[1]);
  require(seen == 0, "the executive was read {} times", seen);
});

// The guest takes away what keeps its slot free: it dies, alone.
const RegisterCheck reservation("unmap_reservation", [] {
  Loaded module;
  auto* base = reinterpret_cast<void*>(OSEXT_EXECUTIVE_BASE);
  int status = status_of_guest([&] {
    hijack_call(OSEXT_HIJACK_RPC, 1);
    munmap(base, OSEXT_EXECUTIVE_SIZE);
    return 0;
  });
  require(died_of(status, SIGKILL), "unmapping: the guest {}", describe_status(status));
  status = status_of_guest([&] {
    mmap(base, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    require(munmap(base, 4096) != 0, "a part of the reservation is unmapped");
    require(mprotect(base, OSEXT_EXECUTIVE_SIZE, PROT_READ) != 0, "the reservation is readable");
    require(mremap(base, OSEXT_EXECUTIVE_SIZE, 4096, MREMAP_MAYMOVE) == MAP_FAILED, "it shrinks");
    hijack_call(OSEXT_HIJACK_RPC, 1);
    return 0;
  });
  require(status == 0 || died_of(status, SIGKILL), "nibbling: the guest {}",
          describe_status(status));
  require_working_session();
});

}  // namespace
}  // namespace osext::test
