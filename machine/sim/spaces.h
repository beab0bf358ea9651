// SPDX-License-Identifier: GPL-2.0
// Which of the four kinds of address a virtual address is (enum osext_space).
#pragma once

#include <osext/counters.h>

#include <cstdint>

namespace osext {

inline osext_space space_of(std::uint64_t address) {
  if (address >> 63) return OSEXT_SPACE_KERNEL;
  if (address - OSEXT_EXECUTIVE_BASE < OSEXT_EXECUTIVE_SIZE) return OSEXT_SPACE_EXECUTIVE;
  if (address - OSEXT_SANDBOX_BASE < OSEXT_SANDBOX_SIZE) return OSEXT_SPACE_SANDBOX;
  return OSEXT_SPACE_USER;
}

}  // namespace osext
