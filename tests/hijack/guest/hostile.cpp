// SPDX-License-Identifier: GPL-2.0
// Hostile input: random calls of the device, 32-bit system calls, executives that misbehave.
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>

#include "tests/hijack/guest/check.h"

namespace osext::test {
namespace {

constexpr unsigned kCommands[] = {OSEXT_HIJACK_ATTACH, OSEXT_HIJACK_WAIT, OSEXT_HIJACK_JOIN,
                                  OSEXT_HIJACK_GET_STATISTICS, OSEXT_HIJACK_READ};

void random_ioctl(int device) {
  std::uint64_t words[16];
  for (std::uint64_t& word : words)
    word = dice() % 4 ? dice() % 3 * OSEXT_EXECUTIVE_BASE + dice() % 8 * 4096 : dice();
  words[0] &= dice() % 2 ? 0xffffffff00000003 : ~0ULL;  // waits stay short
  unsigned command =
      dice() % 4 ? kCommands[dice() % std::size(kCommands)] : static_cast<unsigned>(dice());
  if (command == OSEXT_HIJACK_WAIT) words[0] = dice() % 3;
  void* argument = dice() % 8 ? static_cast<void*>(words) : reinterpret_cast<void*>(dice());
  ioctl(device, command, argument);
}

void random_mmap(int device) {
  constexpr std::uint64_t kOffsets[] = {0, 0x10000000, 4096};
  const std::uint64_t length = dice() % 3 ? dice() % 64 * 4096 : OSEXT_EXECUTIVE_SIZE;
  const int protection = static_cast<int>(dice() % 8);
  const int flags = MAP_FIXED_NOREPLACE | (dice() % 2 ? MAP_SHARED : MAP_PRIVATE);
  auto* address = reinterpret_cast<void*>(OSEXT_EXECUTIVE_BASE + dice() % 2 * 4096);
  void* mapped =
      mmap(address, length, protection, flags, device, static_cast<off_t>(kOffsets[dice() % 3]));
  if (mapped == MAP_FAILED) return;
  if (dice() % 2) mprotect(mapped, 4096, static_cast<int>(dice() % 8));
  munmap(mapped, length);
}

const RegisterCheck random_calls("random_calls", [] {
  Loaded module;
  const std::uint64_t seed = dice();
  const int status = status_of_child([&] {
    // Attached by chance, this process would wait for guests: an alarm ends it well.
    dice.seed(seed);
    for (int left = rounds(200); left > 0; --left) {
      const int device = open(OSEXT_HIJACK_DEVICE, O_RDWR | O_CLOEXEC);
      require(device >= 0, "cannot open the device");
      for (int i = 0; i < 50; ++i) dice() % 3 ? random_ioctl(device) : random_mmap(device);
      close(device);
    }
    return 0;
  });
  require(status == 0, "the child {}", describe_status(status));
  require_working_session();
});

const RegisterCheck refusals("refusals", [] {
  Loaded module;
  const int device = open(OSEXT_HIJACK_DEVICE, O_RDWR | O_CLOEXEC);
  const auto refused = [&](unsigned command, auto argument, int error) {
    return ioctl(device, command, &argument) == -1 && errno == error;
  };
  require(refused(_IO(OSEXT_HIJACK_MAGIC, 99), 0L, ENOTTY), "an unknown command");
  require(refused(OSEXT_HIJACK_JOIN, osext_hijack_join{1, 0}, EINVAL), "JOIN's flags");
  require(refused(OSEXT_HIJACK_JOIN, osext_hijack_join{0, 1}, EINVAL), "JOIN's reserved");
  require(refused(OSEXT_HIJACK_WAIT, osext_hijack_wait{1, 1}, EINVAL), "WAIT's reserved");
  require(refused(OSEXT_HIJACK_WAIT, osext_hijack_wait{1, 0}, ETIMEDOUT), "WAIT without executive");
  require(refused(OSEXT_HIJACK_ATTACH, osext_hijack_attach{0, 0, 1, 0}, EINVAL), "ATTACH's flags");
  require(refused(OSEXT_HIJACK_ATTACH, osext_hijack_attach{0, 0, 0, 0}, EINVAL), "no region");
  require(refused(OSEXT_HIJACK_JOIN, osext_hijack_join{0, 0}, ENXIO), "JOIN without executive");
  std::uint64_t word;
  const auto to = reinterpret_cast<std::uint64_t>(&word);
  require(refused(OSEXT_HIJACK_READ, osext_hijack_read{OSEXT_EXECUTIVE_BASE, 8, to, 0}, EINVAL),
          "READ without region");
  close(device);
  const int status = status_of_child([] {
    if (setuid(65534) != 0) return 2;
    return open(OSEXT_HIJACK_DEVICE, O_RDWR) == -1 ? 0 : 1;
  });
  require(status == 0, "an unprivileged process opens the device");
});

const RegisterCheck traced_guest("traced_guest_refused", [] {
  Loaded module;
  const pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    int status = 1;
    try {
      HijackSession session;
      session.start(place.executive);
      session.join();
      session.leave();
    } catch (const std::runtime_error&) {
      status = 0;
    }
    _exit(status);
  }
  int status;
  for (;;) {
    require(waitpid(child, &status, 0) == child, "waitpid failed");
    if (!WIFSTOPPED(status)) break;
    ptrace(PTRACE_CONT, child, nullptr, nullptr);
  }
  require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a traced process joins");
});

// 32-bit getpid by int $0x80; the number as 32-bit Linux has it.
long int80_getpid() {
  long result = 20;
  asm volatile("int $0x80" : "+a"(result)::"memory", "r8", "r9", "r10", "r11");
  return result;
}

const RegisterCheck int80("int80", [] {
  Loaded module;
  const pid_t self = getpid();
  require(int80_getpid() == self, "int 0x80 of other processes is disturbed");
  const int status = status_of_guest([] { return int80_getpid() > 0 ? 1 : 2; });
  require(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "int 0x80: the guest {}",
          describe_status(status));
  require(int80_getpid() == self, "int 0x80 of other processes is disturbed afterwards");
  require_working_session();
});

const RegisterCheck sysenter("sysenter", [] {
  Loaded module;
  const int status = status_of_guest([] {
    asm volatile("movl $20, %%eax\n\tmovq %%rsp, %%rbp\n\tsysenter" ::: "rax", "rbp", "memory");
    return 1;
  });
  // Not every processor has it in 64-bit mode.
  require(WIFSIGNALED(status), "sysenter: the guest {}", describe_status(status));
  require_working_session();
});

// What a misbehaving executive does to its guest's first call: see bad_executive.S.
const RegisterCheck bad_executives("bad_executives", [] {
  Loaded module;
  for (char attack = '0'; attack <= '8'; ++attack) {
    const int status = status_of_child([&] {
      HijackSession session;
      session.start(place.bad_executive + attack);
      alarm(20);
      session.join();
      hijack_call(OSEXT_HIJACK_RPC, 1);
      return 0;
    });
    require(WIFSIGNALED(status) && WTERMSIG(status) != SIGALRM, "attack {}: the guest {}", attack,
            describe_status(status));
    require_working_session();
  }
});

}  // namespace
}  // namespace osext::test
