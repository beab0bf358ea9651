// SPDX-License-Identifier: GPL-2.0
// Reads the guest's page tables, for the page size and the global bit of a
// translation that is about to enter the TLB model.
//
// Expects four-level tables and the kernel's direct map at its default place,
// which is where a kernel with `nokaslr` on a processor without LA57 has it, and
// one set of tables for user and kernel (no KPTI).
#pragma once

#include <array>
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
  void set_cr4(std::uint64_t value) {
    pge_ = value & cr4_pge;
    forget();
  }
  // To be called on every invalidation but a CR3 write: drops what is remembered.
  void forget() { remembered_.fill({}); }

  // A translation that cannot be found counts as a 4 KB page, not global.
  //
  // Walks are slow, and the kernel's global pages make most of them, so those are
  // remembered.  That is what any processor may do with a global translation until
  // it is invalidated, so the guest cannot expect to see the difference.
  Translation walk(std::uint64_t address) override {
    Remembered& slot = remembered_[(address >> 12) % remembered_.size()];
    if (slot.page == address >> 12) return slot.translation;
    const Translation translation = walk_tables(address);
    if (translation.global && address >> 63) slot = {address >> 12, translation};
    return translation;
  }

 private:
  static constexpr std::uint64_t frame_mask = 0x000ffffffffff000ULL;
  static constexpr std::uint64_t present = 1, page_size = 1 << 7, global = 1 << 8;

  Translation walk_tables(std::uint64_t address) const {
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

  struct Remembered {
    std::uint64_t page = 0;
    Translation translation;
  };
  std::array<Remembered, 2048> remembered_{};
  GuestRead read_;
  std::uint64_t cr3_ = 0;
  bool pge_ = false;
};

}  // namespace osext
