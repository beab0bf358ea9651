// SPDX-License-Identifier: GPL-2.0
// A model of a processor's translation lookaside buffers.
//
// Modelled, exactly and without sampling: first-level instruction and data TLBs,
// an optional second level (one for both, or one each), sets and ways, the
// replacement policies LRU, tree PLRU, FIFO and random (seeded), 4 KB and 2 MB
// entries (in shared arrays, in separate ones, or 2 MB pages broken into 4 KB
// entries), global pages, and invalidation by CR3 write, CR4.PGE toggle, INVLPG
// and INVPCID.  A page of 1 GB is treated as 2 MB pages.
//
// The second level is filled together with the first, is looked up on first-level
// misses only, and is not inclusive: an entry it evicts stays in the first level.
//
// Not modelled: caches of upper page-table levels, PCIDs, several pages coalesced
// into one entry, speculative or prefetched fills, the accesses that the processor
// itself makes (page walks, descriptor tables, the frame an interrupt pushes).
#pragma once

#include <osext/counters.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "machine/sim/spaces.h"

namespace osext {

enum class Replacement : std::uint8_t { lru, plru, fifo, random };

struct TlbArrayShape {
  unsigned entries = 0;
  unsigned ways = 0;  // entries = fully associative
};

// Where a TLB keeps its translations of 2 MB pages.
enum class LargePages : std::uint8_t {
  shared,      // in the same array as 4 KB pages
  separate,    // in an array of their own
  fragmented,  // as 4 KB entries, each for the part of the page that was used
};

struct TlbShape {
  TlbArrayShape small;
  LargePages large_pages = LargePages::shared;
  TlbArrayShape large;  // only with LargePages::separate
  Replacement replacement = Replacement::lru;
  std::uint64_t random_seed = 1;
};

enum class SecondLevel : std::uint8_t { none, unified, split };

struct TlbGeometry {
  TlbShape instruction;
  TlbShape data;
  SecondLevel second_level = SecondLevel::none;
  TlbShape second_instruction;  // split: for instructions; unified: for both
  TlbShape second_data;         // split only
  bool honours_global = true;
};

// Entries of one or both page sizes, looked up by tag.  A tag is the page's
// number with a bit for its size; 0 is no tag.
class TlbArray {
 public:
  static constexpr std::uint64_t valid_bit = 1ULL << 63;
  static constexpr std::uint64_t large_bit = 1ULL << 62;
  static std::uint64_t small_tag(std::uint64_t address) { return (address >> 12) | valid_bit; }
  static std::uint64_t large_tag(std::uint64_t address) {
    return (address >> 21) | valid_bit | large_bit;
  }

  struct Entry {
    std::uint64_t tag = 0;
    std::uint64_t stamp = 0;  // of last use (LRU) or of the fill (FIFO)
    bool global = false;
    bool fragment = false;  // a 4 KB part of a 2 MB page
  };

  TlbArray(const TlbArrayShape& shape, Replacement replacement, std::uint64_t seed);

  // The entry with that tag, or null.
  Entry* find(std::uint64_t tag);
  void touch(Entry& entry) {  // a hit
    if (replacement_ == Replacement::lru)
      entry.stamp = ++clock_;
    else if (replacement_ == Replacement::plru)
      point_tree_away(entry);
  }
  Entry* fill(std::uint64_t tag, bool global, bool fragment);
  // Drops the page of `address`, whatever its size, with all its fragments.
  void drop(std::uint64_t address, bool keep_global);
  void clear(bool keep_global);

 private:
  Entry* set_of(std::uint64_t tag) { return &entries_[(tag & (sets_ - 1)) * ways_]; }
  Entry* victim(Entry* set);
  void point_tree_away(const Entry& entry);

  unsigned ways_;
  unsigned sets_;
  Replacement replacement_;
  std::vector<Entry> entries_;
  std::unique_ptr<bool[]> trees_;  // PLRU: one tree a set, one bit a node
  std::uint64_t clock_ = 0;
  std::uint64_t random_;
};

struct Translation {
  bool large = false;
  bool global = false;
};

// One TLB: its array or arrays, and a table of hints that finds a page's entry at
// once.  A hint is only believed if the entry still has the page's tag.
class Tlb {
 public:
  explicit Tlb(const TlbShape& shape);
  Tlb(const Tlb&) = delete;  // hints point into the arrays
  Tlb& operator=(const Tlb&) = delete;

  // True on a hit; the entry counts as used.
  bool lookup(std::uint64_t address) {
    const Hint& hint = hint_for(address);
    if (hint.page == address >> 12 && hint.entry->tag == hint.tag) {
      hint.array->touch(*hint.entry);
      return true;
    }
    return lookup_slowly(address);
  }
  // The translation of an address whose lookup() has just hit.
  Translation found(std::uint64_t address) const;
  void fill(std::uint64_t address, Translation translation);
  void drop(std::uint64_t address, bool keep_global);
  void clear(bool keep_global);

 private:
  struct Hint {
    std::uint64_t page = ~0ULL;
    std::uint64_t tag = 0;
    TlbArray* array = nullptr;
    TlbArray::Entry* entry = nullptr;
  };
  const Hint& hint_for(std::uint64_t address) const {
    return hints_[(address >> 12) % hints_.size()];
  }
  bool lookup_slowly(std::uint64_t address);
  void remember(std::uint64_t address, TlbArray& array, TlbArray::Entry* entry);

  LargePages large_pages_;
  std::vector<TlbArray> arrays_;  // [0] 4 KB (and shared 2 MB), [1] separate 2 MB
  std::array<Hint, 1024> hints_;
};

// Finds out a page's size and global bit; called on misses of every level.
class PageWalker {
 public:
  virtual ~PageWalker() = default;
  virtual Translation walk(std::uint64_t address) = 0;
};

struct TlbCounts {
  std::array<std::uint64_t, OSEXT_SPACES> itlb_misses{};
  std::array<std::uint64_t, OSEXT_SPACES> dtlb_misses{};
  std::uint64_t stlb_hits = 0;
  std::uint64_t page_walks = 0;
};

// The whole hierarchy.  `walker` must outlive it.
class TlbHierarchy {
 public:
  TlbHierarchy(const TlbGeometry& geometry, PageWalker& walker);
  TlbHierarchy(const TlbHierarchy&) = delete;
  TlbHierarchy& operator=(const TlbHierarchy&) = delete;

  void fetch(std::uint64_t address) {
    // The page used last is the most recent of its set under every policy, so
    // that using it again changes nothing.
    if (address >> 12 == last_fetch_page_) return;
    last_fetch_page_ = address >> 12;
    if (!instruction_.lookup(address))
      miss(instruction_, second_instruction(), counts_.itlb_misses, address);
  }
  void access(std::uint64_t address) {
    if (address >> 12 == last_access_page_) return;
    last_access_page_ = address >> 12;
    if (!data_.lookup(address)) miss(data_, second_data(), counts_.dtlb_misses, address);
  }

  void write_cr3();                    // drops all but global entries
  void toggle_cr4_pge();               // drops everything
  void invlpg(std::uint64_t address);  // drops one page, global or not
  // The four types of INVPCID (SDM volume 2): 0 one page, 1 and 3 all but global
  // entries, 2 everything.  There are no PCIDs here; type 0 spares a global page.
  void invpcid(std::uint64_t type, std::uint64_t address);
  void clear();  // everything, as after power-on; counts stay

  const TlbCounts& counts() const { return counts_; }

 private:
  Tlb* second_instruction() { return second_instruction_ ? &*second_instruction_ : nullptr; }
  Tlb* second_data() {
    return unified_ ? second_instruction() : second_data_ ? &*second_data_ : nullptr;
  }
  void miss(Tlb& first, Tlb* second, std::array<std::uint64_t, OSEXT_SPACES>& misses,
            std::uint64_t address);
  template <class Do>
  void on_every_tlb(Do what);

  PageWalker& walker_;
  bool honours_global_;
  bool unified_;  // second_instruction_ serves both
  Tlb instruction_;
  Tlb data_;
  std::optional<Tlb> second_instruction_;
  std::optional<Tlb> second_data_;
  std::uint64_t last_fetch_page_ = ~0ULL;
  std::uint64_t last_access_page_ = ~0ULL;
  TlbCounts counts_;
};

}  // namespace osext
