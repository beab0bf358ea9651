// SPDX-License-Identifier: GPL-2.0
// Costs in instructions.  Only in the machine that counts exactly, where the time stamp ticks once
// an instruction.  The bounds are the project's own claims, not measured values.
#include <sys/mman.h>
#include <sys/syscall.h>
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

const RegisterCheck entry("costs_entry", [] {
  Loaded module("engine=entry");
  const Costs costs = costs_inside();
  require(costs.rpc <= 1250 && costs.rpc > 300, "RPC by the kernel's entry: {}", costs.rpc);
});

}  // namespace
}  // namespace osext::test
