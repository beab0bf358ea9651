// SPDX-License-Identifier: GPL-2.0
// The processor's other ways into the kernel: int 0x80, SYSENTER, SYSCALL, from 64-bit and from
// 32-bit code.  Each tries to write a byte into a pipe; what arrives, no executive has seen.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "tests/hijack_attacks/attack.h"

namespace osext::test {
namespace {

constexpr std::uint64_t kCode64 = 0x33, kCode32 = 0x23;  // Linux's user code segments

// Machine code that is the same in both modes: the registers of 32-bit write(), the entry, ud2.
std::vector<std::uint8_t> code_for(std::vector<std::uint8_t> entry, int fd, std::uint32_t buffer,
                                   std::uint32_t stack, bool by_syscall) {
  std::vector<std::uint8_t> code;
  const auto move = [&](std::uint8_t opcode, std::uint32_t value) {
    code.push_back(opcode);
    for (int shift = 0; shift < 32; shift += 8)
      code.push_back(static_cast<std::uint8_t>(value >> shift));
  };
  move(0xb8, 4);                               // eax: write
  move(0xbb, static_cast<std::uint32_t>(fd));  // ebx
  move(0xb9, buffer);                          // ecx
  move(0xba, 1);                               // edx
  // SYSCALL uses ecx itself and takes the second argument from ebp; SYSENTER the stack.
  move(0xbd, by_syscall ? buffer : stack);
  move(0xbc, stack);  // esp
  code.insert(code.end(), entry.begin(), entry.end());
  code.insert(code.end(), {0x0f, 0x0b});
  return code;
}

[[noreturn]] void run_code(const void* code, std::uint64_t segment) {
  asm volatile("pushq %0\n\tpushq %1\n\tlretq" ::"r"(segment), "r"(code) : "memory");
  __builtin_unreachable();
}

int try_entry(std::vector<std::uint8_t> entry, std::uint64_t segment, bool by_syscall) {
  int pipes[2];
  need(pipe2(pipes, O_NONBLOCK) == 0, "pipe2");
  const pid_t child = fork();
  if (child == 0) {
    auto* low = static_cast<char*>(mmap(nullptr, 3 * 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0));
    if (low == MAP_FAILED) _exit(unusable);
    const auto base = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(low));
    low[4096] = '!';
    const auto code =
        code_for(std::move(entry), pipes[1], base + 4096, base + 3 * 4096 - 64, by_syscall);
    std::memcpy(low, code.data(), code.size());
    run_code(low, segment);
  }
  int status = 0;
  need(waitpid(child, &status, 0) == child, "waitpid");
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  char byte = 0;
  if (read(pipes[0], &byte, 1) == 1) return found("the kernel wrote '%c'", byte);
  return harmless;
}

const std::vector<std::uint8_t> kInt80 = {0xcd, 0x80}, kSysenter = {0x0f, 0x34},
                                kSyscall = {0x0f, 0x05};

const Attack int80("int80", [](const auto&) { return try_entry(kInt80, kCode64, false); });
const Attack sysenter("sysenter", [](const auto&) { return try_entry(kSysenter, kCode64, false); });
const Attack int80_32("int80_32", [](const auto&) { return try_entry(kInt80, kCode32, false); });
const Attack sysenter_32("sysenter_32",
                         [](const auto&) { return try_entry(kSysenter, kCode32, false); });
const Attack syscall_32("syscall_32",
                        [](const auto&) { return try_entry(kSyscall, kCode32, true); });

}  // namespace
}  // namespace osext::test
