// SPDX-License-Identifier: GPL-2.0
// The x87 registers and what vector registers have beyond xmm, under control for one call.
#pragma once

#include <cstdint>
#include <random>

namespace osext::test {

// As XSAVE writes it: x87, SSE, AVX.
struct alignas(64) ExtendedState {
  std::uint16_t control, status;
  std::uint8_t tags, reserved;
  std::uint16_t opcode;
  std::uint64_t instruction, data;
  std::uint32_t mxcsr, mxcsr_mask;
  std::uint64_t st[8][2], xmm[16][2];
  std::uint8_t unused[96];
  std::uint64_t present, compact, header[6];
  std::uint64_t ymm_high[16][2];
};
static_assert(sizeof(ExtendedState) == 832);

// Random values in everything but xmm; control and status so that nothing traps.
ExtendedState random_extended_state(std::mt19937_64& dice);
// No floating point between the two but what is to be checked.
void load(const ExtendedState& state);
void save(ExtendedState& state);
// Equal, but for xmm?
bool same(const ExtendedState& one, const ExtendedState& other);

}  // namespace osext::test
