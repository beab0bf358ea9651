// SPDX-License-Identifier: GPL-2.0
// Nothing of a guest may change in a call but what the system-call instruction changes.
#include "tests/hijack/guest/registers.h"

#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tests/checks/extended_state.h"
#include "tests/hijack/guest/check.h"

extern "C" {
void call_checked(const osext::test::Registers* in);
extern osext::test::Registers checked_out;
}

namespace osext::test {

namespace {

std::uint64_t fs_base() {
  std::uint64_t base;
  asm volatile("rdfsbase %0" : "=r"(base));
  return base;
}
std::uint64_t gs_base() {
  std::uint64_t base;
  asm volatile("rdgsbase %0" : "=r"(base));
  return base;
}

constexpr auto kInvalid = static_cast<std::uint64_t>(-EINVAL);

// CF PF AF ZF SF DF OF NT AC ID; bit 1 and IF are always set.
constexpr std::uint64_t kFlags = 0x244cd5, kFixedFlags = 0x202;

Registers random_registers(std::uint64_t number, std::uint64_t argument) {
  Registers in;
  auto* words = reinterpret_cast<std::uint64_t*>(&in);
  for (std::size_t i = 0; i < sizeof in / 8; ++i) words[i] = dice();
  in.rax = number;
  in.rdi = argument;
  in.flags = (in.flags & kFlags) | kFixedFlags;
  in.rsp_moved = in.unused = 0;
  return in;
}

void guest_calls(int count, std::uint64_t parent) {
  for (int i = 0; i < count; ++i) {
    const std::uint64_t argument = dice();
    require(checked_call(OSEXT_HIJACK_RPC, argument) == osext_hijack_rpc_result(argument),
            "RPC {} answers wrongly", i);
    require(checked_call(OSEXT_HIJACK_RPC_MINIMAL, argument) == argument + 1,
            "minimal RPC {} answers wrongly", i);
    if (i % 8) continue;
    require(checked_call(SYS_getppid, argument) == parent, "the executive has another parent");
    checked_call(SYS_gettimeofday, 0);  // forwarded
    require(checked_call(OSEXT_HIJACK_INTERPOSE_MINIMAL, SYS_getppid) == 0,
            "the executive does not take getppid for its minimal call");
    require(checked_call(SYS_getppid, argument) == parent, "its assembly asks for another parent");
    require(checked_call(OSEXT_HIJACK_INTERPOSE_MINIMAL, SYS_read) == kInvalid,
            "a call with a pointer is taken");
    require(checked_call(OSEXT_HIJACK_INTERPOSE_MINIMAL, ~0ULL) == 0, "getppid is not given back");
    require(checked_call(0x4f7f, argument) == static_cast<std::uint64_t>(-ENOSYS),
            "an unknown hypercall is answered");
    require(checked_call(0xffffffff, argument) == static_cast<std::uint64_t>(-ENOSYS),
            "an unknown minimal call is answered");
  }
}

void registers(const std::string& parameters, int count) {
  Loaded module(parameters);
  HijackSession session;
  session.start(place.executive);
  asm volatile("wrgsbase %0" ::"r"(0x123456789000ULL));
  const std::uint64_t counted = 1, owner = getpid();
  session.join();
  const std::uint64_t before = hijack_call(OSEXT_HIJACK_STATISTICS, OSEXT_HIJACK_COUNT_RPCS);
  guest_calls(count, owner);
  const std::uint64_t after = hijack_call(OSEXT_HIJACK_STATISTICS, OSEXT_HIJACK_COUNT_RPCS);
  const std::uint64_t minimal =
      hijack_call(OSEXT_HIJACK_STATISTICS, OSEXT_HIJACK_COUNT_DIRECT_MINIMAL);
  const osext_hijack_statistics statistics = session.statistics();
  session.leave();
  require(after - before == counted * count, "the executive counted {} of {} calls", after - before,
          count);
  require(minimal == (count + 7ULL) / 8, "assembly made {} system calls", minimal);
  require(gs_base() == 0x123456789000ULL, "the gs base is lost");
  asm volatile("wrgsbase %0" ::"r"(0ULL));
  const bool slow = parameters == "engine=entry";
  require(statistics.engine == (slow ? OSEXT_HIJACK_ENGINE_ENTRY : OSEXT_HIJACK_ENGINE_DIRECT),
          "the engine is {}", statistics.engine);
  const std::uint64_t calls = 2ULL * count;
  require((slow ? statistics.slow_traps : statistics.fast_traps) > calls,
          "too few traps: {} fast, {} slow", statistics.fast_traps, statistics.slow_traps);
  require((slow ? statistics.fast_traps : statistics.slow_traps) == 0,
          "traps on the wrong path: {} fast, {} slow", statistics.fast_traps,
          statistics.slow_traps);
  session.stop();
}

const RegisterCheck fast("registers_fast", [] { registers("", rounds(10000)); });
const RegisterCheck entry("registers_entry", [] { registers("engine=entry", rounds(3000)); });

// The checker itself must see a change: a system call that does change a register.
const RegisterCheck control("registers_control", [] {
  Registers in = random_registers(SYS_getpid, 1);
  call_checked(&in);
  Registers spoiled = in;
  spoiled.r15 ^= 1;
  require(checked_out.r15 == in.r15 && checked_out.r15 != spoiled.r15, "r15 is not compared");
  require(std::memcmp(checked_out.xmm, in.xmm, sizeof in.xmm) == 0, "xmm changes natively");
  ExtendedState own{}, before = random_extended_state(dice), after{};
  save(own);
  load(before);
  save(after);
  load(own);
  before.mxcsr_mask = after.mxcsr_mask;  // the processor's own
  require(same(before, after), "x87 or vector registers do not come back as they were loaded");
  after.ymm_high[15][1] ^= 1;
  require(!same(before, after), "the upper halves of ymm are not compared");
  after = before;
  after.mxcsr ^= 0x2000;
  require(!same(before, after), "mxcsr is not compared");
  require(checked_out.flags == in.flags, "flags change natively: {:#x} {:#x}", in.flags,
          checked_out.flags);
});

}  // namespace

std::uint64_t checked_call(std::uint64_t number, std::uint64_t argument) {
  const Registers in = random_registers(number, argument);
  const ExtendedState random = random_extended_state(dice);
  const std::uint64_t fs = fs_base(), gs = gs_base();
  ExtendedState own{}, before{}, after{};
  save(own);
  load(random);
  save(before);
  call_checked(&in);
  save(after);
  load(own);
  require(same(before, after), "call {:#x} changes x87, mxcsr or the upper halves of ymm", number);
  Registers expected = in;
  expected.rax = checked_out.rax;
  require(fs_base() == fs && gs_base() == gs, "call {:#x} changes fs or gs", number);
  const auto* want = reinterpret_cast<const std::uint64_t*>(&expected);
  const auto* got = reinterpret_cast<const std::uint64_t*>(&checked_out);
  for (std::size_t i = 0; i < sizeof in / 8; ++i)
    require(i == 15 || want[i] == got[i], "call {:#x} changes word {}: {:#x} to {:#x}", number, i,
            want[i], got[i]);
  return checked_out.rax;
}

}  // namespace osext::test
