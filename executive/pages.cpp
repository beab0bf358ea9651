// SPDX-License-Identifier: GPL-2.0
#include "executive/pages.h"

extern "C" void* memset(void* to, int value, unsigned long bytes);

namespace osext::executive {

void Pages::begin(uint64_t first, uint64_t end) {
  first_ = first;
  end_ = end;
  free_ = nullptr;
  if (first == end) return;
  free_ = reinterpret_cast<Run*>(first);
  *free_ = {(end - first) / kPage, nullptr};
}

void* Pages::map(uint64_t count) {
  if (count == 0) return nullptr;
  for (Run** link = &free_; *link; link = &(*link)->next) {
    Run* run = *link;
    if (run->count < count) continue;
    if (run->count == count) {
      *link = run->next;
    } else {
      auto* rest = reinterpret_cast<Run*>(address(run) + count * kPage);
      *rest = {run->count - count, run->next};
      *link = rest;
    }
    memset(run, 0, count * kPage);
    return run;
  }
  return nullptr;
}

bool Pages::unmap(void* pages, uint64_t count) {
  const auto begin = reinterpret_cast<uint64_t>(pages);
  if (begin % kPage != 0 || begin < first_ || begin >= end_ || count == 0 ||
      count > (end_ - begin) / kPage)
    return false;
  Run** link = &free_;
  Run* before = nullptr;
  while (*link && address(*link) < begin) {
    before = *link;
    link = &before->next;
  }
  Run* after = *link;
  if (before && end(before) > begin) return false;
  if (after && address(after) < begin + count * kPage) return false;
  auto* run = static_cast<Run*>(pages);
  *run = {count, after};
  if (after && address(after) == end(run)) *run = {count + after->count, after->next};
  if (before && end(before) == begin)
    *before = {before->count + run->count, run->next};
  else
    *link = run;
  return true;
}

uint64_t Pages::free_pages() const {
  uint64_t count = 0;
  for (const Run* run = free_; run; run = run->next) count += run->count;
  return count;
}

}  // namespace osext::executive
