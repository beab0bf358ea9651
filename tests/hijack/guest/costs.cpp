// SPDX-License-Identifier: GPL-2.0
// Costs in instructions.  Only in the machine that counts exactly, where the time stamp ticks once
// an instruction.  The bounds are the project's own claims, not measured values.
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>

#include "tests/hijack/guest/check.h"

namespace osext::test {
namespace {

std::uint64_t time_stamp() {
  std::uint32_t low, high;
  asm volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
  return low | std::uint64_t{high} << 32;
}

// Instructions of a call, the loop's included; the least disturbed of several rounds.
std::uint64_t cost(std::uint64_t number) {
  constexpr int kRounds = 20, kCalls = 100;
  std::uint64_t least = ~0ULL;
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t begin = time_stamp();
    for (int i = 0; i < kCalls; ++i) hijack_call(number, 1);
    least = std::min(least, (time_stamp() - begin) / kCalls);
  }
  return least;
}

// Instructions of a page fault, the walk's included, in user mode (a page that was dropped is
// touched) or in the kernel (which writes to it).
std::uint64_t fault_cost(bool in_kernel) {
  constexpr int kRounds = 20;
  constexpr std::size_t kPages = 64, kPage = 4096;
  void* memory =
      mmap(nullptr, kPages * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  require(memory != MAP_FAILED, "no memory");
  auto* pages = static_cast<volatile char*>(memory);
  std::uint64_t least = ~0ULL;
  for (int round = 0; round < kRounds; ++round) {
    madvise(memory, kPages * kPage, MADV_DONTNEED);
    const std::uint64_t begin = time_stamp();
    for (std::size_t page = 0; page < kPages; ++page)
      if (in_kernel)
        syscall(SYS_time, pages + page * kPage);
      else
        (void)pages[page * kPage];
    least = std::min(least, (time_stamp() - begin) / kPages);
  }
  munmap(memory, kPages * kPage);
  return least;
}

struct Costs {
  std::uint64_t rpc, rpc_minimal, interposed, interposed_minimal;
};

Costs costs_inside() {
  HijackSession session;
  session.start(place.executive);
  session.join();
  Costs costs{cost(OSEXT_HIJACK_RPC), cost(OSEXT_HIJACK_RPC_MINIMAL), cost(SYS_getppid), 0};
  hijack_call(OSEXT_HIJACK_INTERPOSE_MINIMAL, SYS_getppid);
  costs.interposed_minimal = cost(SYS_getppid);
  session.leave();
  session.stop();
  return costs;
}

const RegisterCheck direct("costs_direct", [] {
  const std::uint64_t before = cost(SYS_getppid);
  const std::uint64_t fault = fault_cost(false), kernel_fault = fault_cost(true);
  std::uint64_t loaded, loaded_fault, loaded_kernel_fault;
  Costs costs;
  {
    Loaded module;
    loaded = cost(SYS_getppid);
    loaded_fault = fault_cost(false);
    loaded_kernel_fault = fault_cost(true);
    costs = costs_inside();
  }
  const std::uint64_t after = cost(SYS_getppid);
  require(before == after, "getppid costs {} before and {} after", before, after);
  require(loaded <= before + 8, "getppid of others: {} instead of {}", loaded, before);
  require(loaded_fault <= fault + 9, "page fault of others: {} instead of {}", loaded_fault, fault);
  // With its system call, which pays too.
  require(loaded_kernel_fault <= kernel_fault + 9 + 5,
          "page fault of others in the kernel: {} instead of {}", loaded_kernel_fault,
          kernel_fault);
  require(costs.rpc_minimal <= 80, "minimal RPC: {}", costs.rpc_minimal);
  require(costs.rpc <= 170 && costs.rpc > costs.rpc_minimal, "RPC: {}", costs.rpc);
  require(costs.interposed * 10 <= before * 16 && costs.interposed > before,
          "interposed getppid: {} instead of {}", costs.interposed, before);
  require(costs.interposed_minimal < costs.interposed && costs.interposed_minimal > before,
          "getppid interposed by assembly: {} between {} and {}", costs.interposed_minimal, before,
          costs.interposed);
});

struct FaultCosts {
  std::uint64_t there, round_trip;
};

// Instructions from a guest's fault to the executive's policy, and until the guest goes on; the
// least disturbed of many.
FaultCosts executive_fault_costs(std::uint64_t address, const char* words) {
  constexpr int kFaults = 200;
  HijackSession session;
  session.start(place.executive, {words});
  session.join();
  FaultCosts least{~0ULL, ~0ULL};
  for (int i = 0; i < kFaults; ++i) {
    std::uint64_t arrived;
    const std::uint64_t begin = time_stamp();
    asm volatile("leaq 1f(%%rip), %%rdx\n\tmovq (%1), %%rax\n1:"
                 : "=&a"(arrived)
                 : "D"(address)
                 : "rdx", "memory", "cc");
    const std::uint64_t end = time_stamp();
    least.there = std::min(least.there, arrived - begin);
    least.round_trip = std::min(least.round_trip, end - begin);
  }
  session.leave();
  session.stop();
  return least;
}

volatile std::uint64_t handled_at;

void stamping_handler(int, siginfo_t*, void* context) {
  handled_at = time_stamp();
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  registers[REG_RIP] = registers[REG_RDX];
}

// The same for a process and its own handler, without Hijack.
FaultCosts native_fault_costs(std::uint64_t address) {
  constexpr int kFaults = 200;
  struct sigaction action {
  }, old{};
  action.sa_sigaction = stamping_handler;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, &old);
  FaultCosts least{~0ULL, ~0ULL};
  for (int i = 0; i < kFaults; ++i) {
    const std::uint64_t begin = time_stamp();
    asm volatile("leaq 1f(%%rip), %%rdx\n\tmovq (%0), %%rax\n1:" ::"D"(address)
                 : "rax", "rdx", "memory", "cc");
    const std::uint64_t end = time_stamp();
    least.there = std::min<std::uint64_t>(least.there, handled_at - begin);
    least.round_trip = std::min(least.round_trip, end - begin);
  }
  sigaction(SIGSEGV, &old, nullptr);
  return least;
}

// A touch of the executive, which the page-fault stub brings; and a signal that interrupts a guest,
// here one for an address where nothing is, brought by hook and by handler.
const RegisterCheck delivery("costs_delivery", [] {
  constexpr std::uint64_t kNothing = 8;
  const FaultCosts native = native_fault_costs(kNothing);
  Loaded module;
  const FaultCosts touch =
      executive_fault_costs(OSEXT_EXECUTIVE_BASE + 4096, "policy=faults delivery=hook");
  const FaultCosts touch_handler =
      executive_fault_costs(OSEXT_EXECUTIVE_BASE + 4096, "policy=faults delivery=handler");
  const FaultCosts hook = executive_fault_costs(kNothing, "policy=faults delivery=hook");
  const FaultCosts handler = executive_fault_costs(kNothing, "policy=faults delivery=handler");
  fmt::print("  native, to a handler: {} there, {} in all\n", native.there, native.round_trip);
  fmt::print("  touch, by the stub: {} there, {} in all; with delivery by handler: {}, {}\n",
             touch.there, touch.round_trip, touch_handler.there, touch_handler.round_trip);
  fmt::print("  signal, by hook: {} there, {} in all; by handler: {}, {}\n", hook.there,
             hook.round_trip, handler.there, handler.round_trip);
  require(touch.there * 10 < native.there, "a touch takes {} instructions, a native signal {}",
          touch.there, native.there);
  require(touch.there <= 150 && touch_handler.there <= 150, "a touch takes {} or {} instructions",
          touch.there, touch_handler.there);
  require(hook.there > 4 * touch.there && handler.there > hook.there,
          "signals take {} by hook and {} by handler", hook.there, handler.there);
});

const RegisterCheck entry("costs_entry", [] {
  Loaded module("engine=entry");
  const Costs costs = costs_inside();
  require(costs.rpc <= 1250 && costs.rpc > 300, "RPC by the kernel's entry: {}", costs.rpc);
});

}  // namespace
}  // namespace osext::test
