// SPDX-License-Identifier: GPL-2.0
// Reads the guest's page tables, for the page size and the global bit of a
// translation that is about to enter the TLB model.
//
// Expects four-level tables and the kernel's direct map at its default place,
// which is where a kernel with `nokaslr` on a processor without LA57 has it, and
// one set of tables for user and kernel (no KPTI).
#pragma once

#include <cstdint>

#include "machine/sim/tlb.h"

namespace osext {

// Reads 8 bytes of guest memory at a virtual address; false if nothing is mapped.
using GuestRead = bool (*)(std::uint64_t address, std::uint64_t* value);

class GuestTables : public PageWalker {
 public:
  static constexpr std::uint64_t direct_map = 0xffff888000000000ULL;
  static constexpr std::uint64_t cr4_pge = 1ULL << 7;

  explicit GuestTables(GuestRead read) : read_(read) {}
  void set_cr3(std::uint64_t value) { cr3_ = value; }
  void set_cr4(std::uint64_t value) { pge_ = value & cr4_pge; }

  // A translation that cannot be found counts as a 4 KB page, not global.
  Translation walk(std::uint64_t address) override {
    std::uint64_t table = cr3_ & frame_mask;
    for (int level = 3; level >= 0; --level) {
      const unsigned index = (address >> (12 + 9 * level)) & 511;
      std::uint64_t entry = 0;
      if (!read_(direct_map + table + 8 * index, &entry) || !(entry & present)) return {};
      const bool leaf = level == 0 || (level < 3 && (entry & page_size));
      if (leaf) return {level > 0, (entry & global) && pge_};
      table = entry & frame_mask;
    }
    return {};
  }

 private:
  static constexpr std::uint64_t frame_mask = 0x000ffffffffff000ULL;
  static constexpr std::uint64_t present = 1, page_size = 1 << 7, global = 1 << 8;
  GuestRead read_;
  std::uint64_t cr3_ = 0;
  bool pge_ = false;
};

}  // namespace osext
