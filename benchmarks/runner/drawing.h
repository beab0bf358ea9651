// SPDX-License-Identifier: GPL-2.0
// Drawing: what the seed decides.  The order in which cells are measured, and where their stack and
// their anonymous memory lie, change figures though nothing that is asked about changed (Mytkowicz
// and others, "Producing Wrong Data Without Doing Anything Obviously Wrong!", 2009).  A figure that
// holds at two seeds does not hang on them.
#pragma once

#include <alloca.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <random>
#include <system_error>
#include <utility>
#include <vector>

#include "benchmarks/experiment.h"

namespace osext {

struct DrawnCell {
  const PlannedCell* plan;
  std::size_t stack_bytes;   // the stack starts this much lower: a multiple of 16 below 4096
  std::size_t memory_bytes;  // whole pages mapped before the cell: 1 to 64
};

// The planned cells, each once, bare ones first as Mechanism asks; within a phase in a drawn order.
// One seed always gives the same drawing: nothing of it is left to the standard library's choice.
inline std::vector<DrawnCell> draw(const std::vector<const PlannedCell*>& planned,
                                   std::uint64_t seed) {
  constexpr std::size_t kStackSteps = 256, kStackAlignment = 16, kMostPages = 64, kPageBytes = 4096;
  std::mt19937_64 dice(seed);
  std::vector<DrawnCell> cells;
  for (const PlannedCell* plan : planned) cells.push_back({plan, 0, 0});
  for (std::size_t i = cells.size(); i > 1; --i) std::swap(cells[i - 1], cells[dice() % i]);
  std::stable_partition(cells.begin(), cells.end(),
                        [](const DrawnCell& cell) { return cell.plan->phase == Phase::bare; });
  for (DrawnCell& cell : cells) {
    cell.stack_bytes = dice() % kStackSteps * kStackAlignment;
    cell.memory_bytes = (1 + dice() % kMostPages) * kPageBytes;
  }
  return cells;
}

// Anonymous memory that shifts what is mapped while it lives.  Throws std::system_error.
class MemoryOffset {
 public:
  explicit MemoryOffset(std::size_t bytes) : bytes_(bytes) {
    start_ = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start_ == MAP_FAILED)
      throw std::system_error(errno, std::generic_category(), "cannot shift the memory");
  }
  MemoryOffset(const MemoryOffset&) = delete;
  MemoryOffset& operator=(const MemoryOffset&) = delete;
  ~MemoryOffset() { munmap(start_, bytes_); }

 private:
  void* start_;
  std::size_t bytes_;
};

// In a frame of its own, below whatever its caller has taken.
template <class Body>
[[gnu::noinline]] void call_below(Body& body) {
  body();
  asm volatile("" ::: "memory");  // or the call above becomes a jump
}

// Calls `body` with the stack and the memory that were drawn for the cell.
template <class Body>
[[gnu::noinline]] void placed(const DrawnCell& cell, Body&& body) {
  const MemoryOffset memory(cell.memory_bytes);
  auto* below = static_cast<char*>(alloca(cell.stack_bytes + 1));
  asm volatile("" ::"r"(below) : "memory");  // or it is optimised away
  call_below(body);
  asm volatile("" ::"r"(below) : "memory");
}

}  // namespace osext
