/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An extension's memory behind its variables: pages from the top (mmap), a break
 * from the bottom (brk), and blocks of any size (malloc) on top of the pages.
 */
#ifndef OSEXT_ULS_RUNTIME_HEAP_H
#define OSEXT_ULS_RUNTIME_HEAP_H

#include <cstddef>
#include <cstdint>

namespace osext::uls {

constexpr std::size_t kPage = 4096;

// What a function changes may be half changed when an upcall is aborted, and no one is there to
// repair it: a heap that was left in the middle gives nothing any more.
class Heap {
 public:
  // Multiples of a page, of zeroed memory; at most 2 MB.
  void begin(std::uintptr_t first, std::uintptr_t end);

  void* map(std::size_t bytes);  // pages side by side, zeroed; nullptr: none, or bytes is 0
  bool unmap(void* pages, std::size_t bytes);  // false: not pages that are mapped
  std::uintptr_t end_of_break() const { return break_; }
  bool set_break(std::uintptr_t to);  // what is new is zeroed; false: no room

  void* allocate(std::size_t bytes);             // aligned to 16; nullptr: none, or bytes is 0
  void release(void* block);                     // nullptr: nothing
  std::size_t size_of(const void* block) const;  // may be more than was asked for

  std::size_t free_pages() const;

 private:
  // Before each block; `next` only while it is free, else its seal.
  struct Block {
    std::size_t bytes;  // with this
    Block* next;        // free blocks, by rising address, never adjacent
  };
  class Change;

  std::size_t index(std::uintptr_t address) const { return (address - first_) / kPage; }
  bool is_used(std::size_t page) const { return used_[page / 64] >> page % 64 & 1; }
  void set_used(std::size_t page, bool used);
  void* take_pages(std::size_t count);
  void insert(Block* block);
  Block* block_of(const void* memory) const;
  Block* seal() const { return reinterpret_cast<Block*>(~reinterpret_cast<std::uintptr_t>(this)); }

  static constexpr std::size_t kPagesMax = 512;
  std::uint64_t used_[kPagesMax / 64] = {};
  std::uintptr_t first_ = 0, break_ = 0;
  std::size_t pages_ = 0;
  Block* free_ = nullptr;
  volatile bool changing_ = false;
};

}  // namespace osext::uls

#endif
