/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which pages of a range are free: the executive's own mmap() and munmap()
 * (paper 2.1).  Runs of pages, first fit; what is free is listed in the free pages
 * themselves, so an empty list costs nothing.
 */
#ifndef OSEXT_EXECUTIVE_PAGES_H
#define OSEXT_EXECUTIVE_PAGES_H

#include <cstdint>

namespace osext::executive {

constexpr uint64_t kPage = 4096;

class Pages {
 public:
  // Page-aligned addresses of memory that is there.
  void begin(uint64_t first, uint64_t end);
  // Pages side by side, all zero; nullptr if there are not so many, or count is 0.
  void* map(uint64_t count);
  // What map() gave, or a part of it in whole pages.  False: it is not in the range, or is free.
  bool unmap(void* pages, uint64_t count);
  uint64_t free_pages() const;

 private:
  struct Run {
    uint64_t count;
    Run* next;  // at a higher address, and not adjacent
  };
  static uint64_t address(const Run* run) { return reinterpret_cast<uint64_t>(run); }
  static uint64_t end(const Run* run) { return address(run) + run->count * kPage; }

  Run* free_ = nullptr;
  uint64_t first_ = 0, end_ = 0;
};

}  // namespace osext::executive

#endif
