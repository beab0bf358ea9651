// SPDX-License-Identifier: GPL-2.0
// See tlb.h.
#include "machine/sim/tlb.h"

#include <algorithm>

namespace osext {

TlbArray::TlbArray(const TlbArrayShape& shape, Replacement replacement, std::uint64_t seed)
    : ways_(shape.ways),
      sets_(shape.entries / shape.ways),
      replacement_(replacement),
      entries_(shape.entries),
      trees_(replacement == Replacement::plru ? std::make_unique<bool[]>(shape.entries) : nullptr),
      random_(seed) {}

TlbArray::Entry* TlbArray::find(std::uint64_t tag) {
  Entry* const set = set_of(tag);
  for (unsigned way = 0; way < ways_; ++way)
    if (set[way].tag == tag) return &set[way];
  return nullptr;
}

// Tree PLRU: inner node n of a set has the children 2n and 2n + 1, the root is 1,
// and the ways are the leaves ways_ ... 2 * ways_ - 1.  A node's bit says in which
// half the next victim lies.
void TlbArray::point_tree_away(const Entry& entry) {
  const auto index = static_cast<std::size_t>(&entry - entries_.data());
  bool* const tree = &trees_[index / ways_ * ways_];
  for (std::size_t node = index % ways_ + ways_; node > 1; node /= 2) tree[node / 2] = !(node & 1);
}

TlbArray::Entry* TlbArray::victim(Entry* set) {
  for (unsigned way = 0; way < ways_; ++way)
    if (!set[way].tag) return &set[way];
  switch (replacement_) {
    case Replacement::plru: {
      const bool* const tree = &trees_[static_cast<std::size_t>(set - entries_.data())];
      unsigned node = 1;
      while (node < ways_) node = 2 * node + tree[node];
      return &set[node - ways_];
    }
    case Replacement::random:  // xorshift64
      random_ ^= random_ << 13;
      random_ ^= random_ >> 7;
      random_ ^= random_ << 17;
      return &set[random_ % ways_];
    default:  // LRU and FIFO: the oldest stamp
      return std::min_element(set, set + ways_,
                              [](const Entry& a, const Entry& b) { return a.stamp < b.stamp; });
  }
}

TlbArray::Entry* TlbArray::fill(std::uint64_t tag, bool global, bool fragment) {
  Entry* const entry = victim(set_of(tag));
  *entry = {tag, ++clock_, global, fragment};
  if (replacement_ == Replacement::plru) point_tree_away(*entry);
  return entry;
}

void TlbArray::drop(std::uint64_t address, bool keep_global) {
  const std::uint64_t small = small_tag(address);
  const std::uint64_t large = large_tag(address);
  for (Entry& entry : entries_) {
    const bool same_large_page = entry.fragment && (entry.tag ^ small) >> 9 == 0;
    if ((entry.tag == small || entry.tag == large || same_large_page) &&
        !(keep_global && entry.global))
      entry.tag = 0;
  }
}

void TlbArray::clear(bool keep_global) {
  for (Entry& entry : entries_)
    if (!(keep_global && entry.global)) entry.tag = 0;
}

Tlb::Tlb(const TlbShape& shape) : large_pages_(shape.large_pages) {
  arrays_.reserve(2);  // so that hints stay valid
  arrays_.emplace_back(shape.small, shape.replacement, shape.random_seed);
  if (large_pages_ == LargePages::separate)
    arrays_.emplace_back(shape.large, shape.replacement, shape.random_seed);
}

void Tlb::remember(std::uint64_t address, TlbArray& array, TlbArray::Entry* entry) {
  hints_[(address >> 12) % hints_.size()] = {address >> 12, entry->tag, &array, entry};
}

bool Tlb::lookup_slowly(std::uint64_t address) {
  TlbArray* array = &arrays_.front();
  TlbArray::Entry* entry = array->find(TlbArray::small_tag(address));
  if (!entry && large_pages_ != LargePages::fragmented) {
    array = &arrays_.back();
    entry = array->find(TlbArray::large_tag(address));
  }
  if (!entry) return false;
  array->touch(*entry);
  remember(address, *array, entry);
  return true;
}

Translation Tlb::found(std::uint64_t address) const {
  const TlbArray::Entry& entry = *hint_for(address).entry;
  return {(entry.tag & TlbArray::large_bit) != 0 || entry.fragment, entry.global};
}

void Tlb::fill(std::uint64_t address, Translation translation) {
  const bool as_large = translation.large && large_pages_ != LargePages::fragmented;
  TlbArray& array = as_large ? arrays_.back() : arrays_.front();
  const std::uint64_t tag = as_large ? TlbArray::large_tag(address) : TlbArray::small_tag(address);
  remember(address, array, array.fill(tag, translation.global, translation.large && !as_large));
}

void Tlb::drop(std::uint64_t address, bool keep_global) {
  for (TlbArray& array : arrays_) array.drop(address, keep_global);
}

void Tlb::clear(bool keep_global) {
  for (TlbArray& array : arrays_) array.clear(keep_global);
}

TlbHierarchy::TlbHierarchy(const TlbGeometry& geometry, PageWalker& walker)
    : walker_(walker),
      honours_global_(geometry.honours_global),
      unified_(geometry.second_level == SecondLevel::unified),
      instruction_(geometry.instruction),
      data_(geometry.data) {
  if (geometry.second_level != SecondLevel::none)
    second_instruction_.emplace(geometry.second_instruction);
  if (geometry.second_level == SecondLevel::split) second_data_.emplace(geometry.second_data);
}

void TlbHierarchy::miss(Tlb& first, Tlb* second, std::array<std::uint64_t, OSEXT_SPACES>& misses,
                        std::uint64_t address) {
  ++misses[space_of(address)];
  if (second && second->lookup(address)) {
    ++counts_.stlb_hits;
    first.fill(address, second->found(address));
    return;
  }
  ++counts_.page_walks;
  Translation translation = walker_.walk(address);
  translation.global = translation.global && honours_global_;
  if (second) second->fill(address, translation);
  first.fill(address, translation);
}

template <class Do>
void TlbHierarchy::on_every_tlb(Do what) {
  what(instruction_);
  what(data_);
  if (second_instruction_) what(*second_instruction_);
  if (second_data_) what(*second_data_);
  last_fetch_page_ = last_access_page_ = ~0ULL;
}

void TlbHierarchy::write_cr3() {
  on_every_tlb([](Tlb& tlb) { tlb.clear(true); });
}

void TlbHierarchy::clear() {
  on_every_tlb([](Tlb& tlb) { tlb.clear(false); });
}

void TlbHierarchy::toggle_cr4_pge() {
  clear();
}

void TlbHierarchy::invlpg(std::uint64_t address) {
  on_every_tlb([=](Tlb& tlb) { tlb.drop(address, false); });
}

void TlbHierarchy::invpcid(std::uint64_t type, std::uint64_t address) {
  switch (type) {
    case 0:
      on_every_tlb([=](Tlb& tlb) { tlb.drop(address, true); });
      break;
    case 2:
      clear();
      break;
    default:
      write_cr3();
      break;
  }
}

}  // namespace osext
