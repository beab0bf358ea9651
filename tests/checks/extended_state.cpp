// SPDX-License-Identifier: GPL-2.0
// XSAVE and XRSTOR by hand; see extended_state.h.
#include "tests/checks/extended_state.h"

#include <cstddef>
#include <cstring>

namespace osext::test {
namespace {

constexpr std::uint32_t kParts = 7;  // x87, SSE, AVX

// The parts that this machine has.
std::uint64_t parts() {
  std::uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low & kParts;
}

}  // namespace

ExtendedState random_extended_state(std::mt19937_64& dice) {
  constexpr std::uint16_t x87_quiet = 0x37f, x87_rounding = 0xc00;
  constexpr std::uint32_t sse_quiet = 0x1f80, sse_rounding = 0x6000, mantissa_bits = 0xffff;
  static const std::uint64_t present = parts();
  ExtendedState state{};
  state.control = static_cast<std::uint16_t>(x87_quiet | (dice() & x87_rounding));
  state.tags = 0xff;
  state.mxcsr = sse_quiet | static_cast<std::uint32_t>(dice() & sse_rounding);
  for (auto& [low, high] : state.st) {
    low = dice();
    high = dice() & mantissa_bits;
  }
  for (auto& [low, high] : state.ymm_high) {
    low = dice();
    high = dice();
  }
  state.present = present;
  return state;
}

void load(const ExtendedState& state) {
  asm volatile("xrstor64 %0" ::"m"(state), "a"(kParts), "d"(0)
               : "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                 "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

void save(ExtendedState& state) {
  asm volatile("xsave64 %0" : "+m"(state) : "a"(kParts), "d"(0) : "memory");
}

bool same(const ExtendedState& one, const ExtendedState& other) {
  return std::memcmp(&one, &other, offsetof(ExtendedState, xmm)) == 0 &&
         std::memcmp(one.ymm_high, other.ymm_high, sizeof one.ymm_high) == 0;
}

}  // namespace osext::test
