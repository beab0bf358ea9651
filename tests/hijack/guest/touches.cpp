// SPDX-License-Identifier: GPL-2.0
// A guest that touches the executive arrives there from the page-fault gate itself, and finds what
// the kernel's own way (engine=entry) would have brought: registers, flags, the signal's details.
#include <asm/processor-flags.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ucontext.h>

#include <array>
#include <cstring>

#include "tests/hijack/guest/check.h"

namespace osext::test {
namespace {

struct Seen {
  siginfo_t info;
  std::array<greg_t, NGREG> registers;
};

volatile sig_atomic_t signals_seen;
Seen seen;

// Goes on behind the two bytes of `movb (%rdi), %al` or `movb %al, (%rdi)`.
void on_fault(int, siginfo_t* info, void* context) {
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  seen.info = *info;
  std::memcpy(seen.registers.data(), registers, sizeof registers);
  registers[REG_RIP] += 2;
  signals_seen = signals_seen + 1;
}

// Every register that an instruction with an operand leaves alone has a value of its own.
void touch_with_registers(std::uint64_t address) {
  asm volatile(
      "movq $0x1111, %%rax\n\tmovq $0x2222, %%rbx\n\tmovq $0x3333, %%rcx\n\t"
      "movq $0x4444, %%rdx\n\tmovq $0x5555, %%rsi\n\tmovq $0x6666, %%r8\n\t"
      "movq $0x7777, %%r9\n\tmovq $0x8888, %%r10\n\tmovq $0x9999, %%r11\n\t"
      "movq $0xaaaa, %%r12\n\tmovq $0xbbbb, %%r13\n\tmovq $0xcccc, %%r14\n\t"
      "movq $0xdddd, %%r15\n\tstc\n\tstd\n\t"
      "movb %%al, (%%rdi)\n\t"
      "cld"
      : "+D"(address)
      :
      : "rax", "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
        "memory", "cc");
}

void require_faithful(std::uint64_t address) {
  const auto& r = seen.registers;
  require(seen.info.si_signo == SIGSEGV && seen.info.si_code == SEGV_ACCERR &&
              seen.info.si_addr == reinterpret_cast<void*>(address),
          "signal {} code {} address {}", seen.info.si_signo, seen.info.si_code, seen.info.si_addr);
  constexpr greg_t user_write_not_present = 6, page_fault = 14;
  require(r[REG_TRAPNO] == page_fault && r[REG_ERR] == user_write_not_present &&
              r[REG_CR2] == static_cast<greg_t>(address),
          "trap {} error {:#x} address {:#x}", r[REG_TRAPNO], r[REG_ERR], r[REG_CR2]);
  const std::array<std::pair<int, greg_t>, 13> expected = {{{REG_RAX, 0x1111},
                                                            {REG_RBX, 0x2222},
                                                            {REG_RCX, 0x3333},
                                                            {REG_RDX, 0x4444},
                                                            {REG_RSI, 0x5555},
                                                            {REG_R8, 0x6666},
                                                            {REG_R9, 0x7777},
                                                            {REG_R10, 0x8888},
                                                            {REG_R11, 0x9999},
                                                            {REG_R12, 0xaaaa},
                                                            {REG_R13, 0xbbbb},
                                                            {REG_R14, 0xcccc},
                                                            {REG_R15, 0xdddd}}};
  for (const auto& [index, value] : expected)
    require(r[index] == value, "register {} is {:#x}, not {:#x}", index, r[index], value);
  constexpr greg_t flags = X86_EFLAGS_CF | X86_EFLAGS_DF | X86_EFLAGS_IF;
  require((r[REG_EFL] & flags) == flags, "flags {:#x}", r[REG_EFL]);
}

constexpr int kTouches = 200;

// Ordinary faults among them, which stay the kernel's.
int touch_often() {
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, nullptr);
  constexpr std::size_t bytes = kTouches * 4096;
  auto* fresh = static_cast<volatile char*>(
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  signals_seen = 0;
  for (int i = 0; i < kTouches; ++i) {
    const std::uint64_t offset = dice() % OSEXT_EXECUTIVE_SIZE;
    touch_with_registers(OSEXT_EXECUTIVE_BASE + offset);
    require(signals_seen == i + 1, "{} signals after {} touches", signals_seen, i + 1);
    require_faithful(OSEXT_EXECUTIVE_BASE + offset);
    fresh[static_cast<std::size_t>(i) * 4096] = static_cast<char>(i);
  }
  return 0;
}

osext_hijack_statistics statistics_of_touches(const char* parameters) {
  Loaded module(parameters);
  HijackSession session;
  session.start(place.executive, {"policy=interpose touch=signal"});
  const int status = status_of_child([&] {
    session.join();
    const int result = touch_often();
    session.leave();
    return result;
  });
  const osext_hijack_statistics statistics = session.statistics();
  session.stop();
  require(status == 0, "the guest {}", describe_status(status));
  return statistics;
}

const RegisterCheck fast("touches_fast", [] {
  const osext_hijack_statistics statistics = statistics_of_touches("");
  require(statistics.fast_faults == kTouches, "{} of {} touches went by the stub",
          statistics.fast_faults, kTouches);
});

const RegisterCheck slow("touches_slow", [] {
  const osext_hijack_statistics statistics = statistics_of_touches("engine=entry");
  require(statistics.fast_faults == 0 && statistics.upcalls >= kTouches,
          "{} touches went by the stub, {} upcalls by the kernel", statistics.fast_faults,
          statistics.upcalls);
});

}  // namespace
}  // namespace osext::test
