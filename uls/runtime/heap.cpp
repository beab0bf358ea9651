// SPDX-License-Identifier: GPL-2.0
#include "uls/runtime/heap.h"

namespace osext::uls {
namespace {

constexpr std::size_t kAlignment = 16;

std::size_t pages_for(std::size_t bytes) {
  return bytes / kPage + (bytes % kPage != 0);
}

void clear(std::uintptr_t from, std::size_t bytes) {
  __builtin_memset(reinterpret_cast<void*>(from), 0, bytes);
}

}  // namespace

// Marks that the heap is being changed; does not unmark what an aborted upcall has marked.
class Heap::Change {
 public:
  explicit Change(Heap& heap) : heap_(heap), possible_(!heap.changing_) { heap.changing_ = true; }
  ~Change() {
    if (possible_) heap_.changing_ = false;
  }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;
  explicit operator bool() const { return possible_; }

 private:
  Heap& heap_;
  bool possible_;
};

void Heap::begin(std::uintptr_t first, std::uintptr_t end) {
  *this = {};
  first_ = break_ = first;
  pages_ = (end - first) / kPage;
  if (pages_ > kPagesMax) pages_ = kPagesMax;
}

void Heap::set_used(std::size_t page, bool used) {
  const std::uint64_t bit = std::uint64_t{1} << page % 64;
  used_[page / 64] = used ? used_[page / 64] | bit : used_[page / 64] & ~bit;
}

std::size_t Heap::free_pages() const {
  std::size_t count = 0;
  for (std::size_t page = 0; page < pages_; ++page) count += !is_used(page);
  return count;
}

void* Heap::take_pages(std::size_t count) {
  if (count == 0 || count > pages_) return nullptr;
  std::size_t run = 0;
  for (std::size_t page = pages_; page-- > 0;) {
    run = is_used(page) ? 0 : run + 1;
    if (run < count) continue;
    for (std::size_t i = 0; i < count; ++i) set_used(page + i, true);
    const std::uintptr_t address = first_ + page * kPage;
    clear(address, count * kPage);
    return reinterpret_cast<void*>(address);
  }
  return nullptr;
}

void* Heap::map(std::size_t bytes) {
  const Change change(*this);
  return change ? take_pages(pages_for(bytes)) : nullptr;
}

bool Heap::unmap(void* pages, std::size_t bytes) {
  const Change change(*this);
  const auto address = reinterpret_cast<std::uintptr_t>(pages);
  const std::size_t count = pages_for(bytes), first = index(address);
  // Pages below the break are not mapped.
  if (!change || address % kPage || address < first_ || address < break_ || first >= pages_ ||
      count == 0 || count > pages_ - first)
    return false;
  for (std::size_t i = 0; i < count; ++i)
    if (!is_used(first + i)) return false;
  for (std::size_t i = 0; i < count; ++i) set_used(first + i, false);
  return true;
}

bool Heap::set_break(std::uintptr_t to) {
  const Change change(*this);
  if (!change || to < first_ || to > first_ + pages_ * kPage) return false;
  const std::size_t now = pages_for(break_ - first_), wanted = pages_for(to - first_);
  for (std::size_t page = now; page < wanted; ++page)
    if (is_used(page)) return false;
  for (std::size_t page = now; page < wanted; ++page) set_used(page, true);
  for (std::size_t page = wanted; page < now; ++page) set_used(page, false);
  if (to > break_) clear(break_, to - break_);
  break_ = to;
  return true;
}

// Joined with its neighbours.
void Heap::insert(Block* block) {
  const auto end = [](const Block* one) {
    return reinterpret_cast<std::uintptr_t>(one) + one->bytes;
  };
  Block** link = &free_;
  Block* before = nullptr;
  while (*link && *link < block) {
    before = *link;
    link = &before->next;
  }
  block->next = *link;
  if (block->next && end(block) == reinterpret_cast<std::uintptr_t>(block->next)) {
    block->bytes += block->next->bytes;
    block->next = block->next->next;
  }
  if (before && end(before) == reinterpret_cast<std::uintptr_t>(block)) {
    before->bytes += block->bytes;
    before->next = block->next;
  } else {
    *link = block;
  }
}

void* Heap::allocate(std::size_t bytes) {
  const Change change(*this);
  if (!change || bytes == 0 || bytes > pages_ * kPage) return nullptr;
  const std::size_t wanted = (bytes + sizeof(Block) + kAlignment - 1) / kAlignment * kAlignment;
  for (bool grown = false;; grown = true) {
    for (Block** link = &free_; *link; link = &(*link)->next) {
      Block* block = *link;
      if (block->bytes < wanted) continue;
      if (block->bytes - wanted < 2 * sizeof(Block)) {
        *link = block->next;
      } else {
        auto* rest = reinterpret_cast<Block*>(reinterpret_cast<char*>(block) + wanted);
        rest->bytes = block->bytes - wanted;
        rest->next = block->next;
        *link = rest;
        block->bytes = wanted;
      }
      block->next = seal();
      return block + 1;
    }
    if (grown) return nullptr;
    auto* fresh = static_cast<Block*>(take_pages(pages_for(wanted)));
    if (!fresh) return nullptr;
    fresh->bytes = pages_for(wanted) * kPage;
    insert(fresh);
  }
}

Heap::Block* Heap::block_of(const void* memory) const {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  if (address % kAlignment || address < first_ + sizeof(Block) ||
      address >= first_ + pages_ * kPage)
    __builtin_trap();
  auto* block = reinterpret_cast<Block*>(address) - 1;
  if (block->next != seal()) __builtin_trap();
  return block;
}

void Heap::release(void* memory) {
  if (!memory) return;
  Block* block = block_of(memory);
  const Change change(*this);
  if (change) insert(block);
}

std::size_t Heap::size_of(const void* memory) const {
  return block_of(memory)->bytes - sizeof(Block);
}

}  // namespace osext::uls
