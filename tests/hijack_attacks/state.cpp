// SPDX-License-Identifier: GPL-2.0
// Strange processor states at a system call: flags, stack and code pointers, segment bases,
// protection keys; and contexts forged for sigreturn.  The guest may die of it, alone.
#include <asm/prctl.h>
#include <cpuid.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/hijack_attacks/attack.h"

namespace osext::test {
namespace {

constexpr std::uint64_t kTrap = 1 << 8, kDirection = 1 << 10, kPrivilege = 3 << 12,
                        kNested = 1 << 14, kResume = 1 << 16, kVirtual = 1 << 17,
                        kAlignment = 1 << 18, kIdentify = 1 << 21;

// getppid() with these flags set; they are taken away again behind it.
long getppid_with(std::uint64_t flags) {
  long result = SYS_getppid;
  asm volatile(
      "subq $128, %%rsp\n\tpushfq\n\torq %1, (%%rsp)\n\tpopfq\n\t"
      "syscall\n\t"
      "pushq $0x202\n\tpopfq\n\taddq $128, %%rsp"
      : "+a"(result)
      : "r"(flags)
      : "rcx", "r11", "memory", "cc");
  return result;
}

volatile sig_atomic_t traps;
void on_trap(int) {
  traps = traps + 1;
}

const Attack flags("flags", [](const auto&) {
  const long parent = getppid();
  struct sigaction action {};
  action.sa_handler = on_trap;
  sigaction(SIGTRAP, &action, nullptr);
  for (int round = 0; round < 200; ++round)
    for (const std::uint64_t set :
         {kTrap, kDirection, kNested, kAlignment, kIdentify, kTrap | kNested, kTrap | kAlignment,
          kNested | kAlignment | kDirection | kIdentify, kResume | kTrap})
      if (getppid_with(set) != parent)
        return found("wrong answer with flags %#lx", static_cast<unsigned long>(set));
  return traps > 0 ? harmless : found("single steps are lost");
});

// rsp anywhere: the kernel does not use it, the executive must not either.
long getppid_at(std::uint64_t stack) {
  long result = SYS_getppid;
  asm volatile("movq %%rsp, %%r12\n\tmovq %1, %%rsp\n\tsyscall\n\tmovq %%r12, %%rsp"
               : "+a"(result)
               : "r"(stack)
               : "rcx", "r11", "r12", "memory");
  return result;
}

const Attack stacks("stacks", [](const auto&) {
  const long parent = getppid();
  for (int round = 0; round < 1000; ++round)
    for (const std::uint64_t stack :
         {std::uint64_t{0}, std::uint64_t{8}, ~std::uint64_t{0}, std::uint64_t{1} << 63,
          static_cast<std::uint64_t>(OSEXT_EXECUTIVE_BASE),
          static_cast<std::uint64_t>(OSEXT_EXECUTIVE_BASE) + 0x2ff8,
          std::uint64_t{0xffff888000000000}})
      if (getppid_at(stack) != parent)
        return found("wrong answer with rsp %#lx", static_cast<unsigned long>(stack));
  return static_cast<int>(harmless);
});

// What a child made of itself; a death by a signal is well.
int judge_child(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  need(waitpid(child, &status, 0) == child, "waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : static_cast<int>(harmless);
}

// A signal arrives while rsp points at the executive: its frame would go there.
const Attack frame("frame_there", [](const auto&) {
  return judge_child([] {
    struct sigaction action {};
    action.sa_handler = on_trap;
    sigaction(SIGUSR1, &action, nullptr);
    const long self = getpid();
    long result = SYS_kill;
    asm volatile("movq %%rsp, %%r12\n\tmovq %3, %%rsp\n\tsyscall\n\tmovq %%r12, %%rsp"
                 : "+a"(result)
                 : "D"(self), "S"(static_cast<long>(SIGUSR1)),
                   "r"(static_cast<std::uint64_t>(OSEXT_EXECUTIVE_BASE) + 0x2000)
                 : "rcx", "r11", "r12", "memory");
    return traps == 0 ? harmless : found("a handler ran on the executive's memory");
  });
});

// sigreturn to contexts that no kernel made.
struct Forgery {
  int which;  // of gregs
  std::uint64_t value;
};
volatile Forgery forgery;
void forge(int, siginfo_t*, void* context) {
  static_cast<ucontext_t*>(context)->uc_mcontext.gregs[forgery.which] =
      static_cast<greg_t>(forgery.value);
}

const Attack contexts("forged_contexts", [](const auto&) {
  const Forgery forgeries[] = {{REG_RIP, 0x8000000000000000},
                               {REG_RIP, OSEXT_EXECUTIVE_BASE},
                               {REG_RIP, OSEXT_EXECUTIVE_BASE + 4096},
                               {REG_RIP, 0xffffffff81000000},
                               {REG_RIP, 0x7ffffffff000},
                               {REG_RSP, 0x8000000000000000},
                               {REG_RSP, OSEXT_EXECUTIVE_BASE},
                               {REG_CSGSFS, 0x002b000000000010},
                               {REG_CSGSFS, 0x002b000000000033 ^ 0x10},
                               {REG_CSGSFS, 0},
                               {REG_EFL, kPrivilege | kVirtual | 0x202},
                               {REG_EFL, kTrap | kNested | kResume | 0x202}};
  int result = harmless;
  for (const Forgery& one : forgeries) {
    const int child = judge_child([&] {
      struct sigaction action {};
      action.sa_sigaction = forge;
      action.sa_flags = SA_SIGINFO;
      sigaction(SIGUSR1, &action, nullptr);
      forgery.which = one.which;
      forgery.value = one.value;
      raise(SIGUSR1);
      raw_call(SYS_getppid);
      std::uint64_t now;
      asm volatile("pushfq\n\tpopq %0" : "=r"(now));
      return now & (kPrivilege | kVirtual) ? found("flags %#lx", static_cast<unsigned long>(now))
                                           : static_cast<int>(harmless);
    });
    if (child != harmless) result = child;
  }
  return result;
});

// The system call stands at the very end of what a user may map: behind it is no canonical code.
const Attack edge("edge_of_memory", [](const auto&) {
  return judge_child([] {
    auto* page = reinterpret_cast<char*>(0x7fffffffe000);
    if (mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC) != 0 &&
        mmap(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != page)
      return static_cast<int>(unusable);
    std::memcpy(page + 4094, "\x0f\x05", 2);
    asm volatile("jmp *%0" ::"r"(page + 4094), "a"(SYS_getppid));
    return found("code went on at the edge");
  });
});

const Attack bases("segment_bases", [](const auto&) {
  const std::uint64_t there = OSEXT_EXECUTIVE_BASE;
  int result = harmless;
  if (survives([&] {
        raw_call(SYS_arch_prctl, ARCH_SET_GS, static_cast<long>(there));
        raw_call(SYS_getppid);
        std::uint64_t word;
        asm volatile("movq %%gs:0, %0" : "=r"(word));
      }))
    result = found("read by way of gs");
  raw_call(SYS_arch_prctl, ARCH_SET_GS, 0);
  if (raw_call(SYS_arch_prctl, ARCH_GET_GS, static_cast<long>(there)) >= 0)
    result = found("the kernel wrote a base there");
  return result;
});

// All keys but none denied: the executive's own pages have key 0, too.
const Attack keys("protection_keys", [](const auto&) {
  unsigned a, b, c, d;
  __cpuid_count(7, 0, a, b, c, d);
  constexpr unsigned kOspke = 1 << 4;
  need((c & kOspke) != 0, "no protection keys");
  const long parent = getppid();
  long answer = 0;
  for (int round = 0; round < 100; ++round) {
    // The stack is out of reach meanwhile: everything stays in registers.
    answer = SYS_getppid;
    asm volatile(
        "xorl %%ecx, %%ecx\n\txorl %%edx, %%edx\n\tmovl $0xffffffff, %%eax\n\twrpkru\n\t"
        "movl $110, %%eax\n\tsyscall\n\tmovq %%rax, %%rsi\n\t"
        "xorl %%ecx, %%ecx\n\txorl %%edx, %%edx\n\txorl %%eax, %%eax\n\twrpkru\n\t"
        : "=S"(answer)::"rax", "rcx", "rdx", "r11", "memory");
    if (answer != parent) return found("wrong answer %ld", answer);
  }
  return static_cast<int>(harmless);
});

}  // namespace
}  // namespace osext::test
