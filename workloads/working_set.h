// SPDX-License-Identifier: GPL-2.0
// WorkingSet: pages that a program uses between two calls (Hijack paper, figure 4).
//
// As in the paper, one word a page is read, or one instruction a page is executed, and neighbours
// lie 4160 bytes apart: a page and a cache line, so that they fall into different sets of the
// caches.  One page in 65 is left out by that.
//
//   data: a chain of pointers, followed to its end: three instructions a page
//   code: a chain of jumps, made at run time, called and followed to its return: one instruction a
//         page
//
// An empty set costs the two instructions that find it empty.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

namespace osext {

enum class PageKind { data, code };
PageKind parse_page_kind(std::string_view text);  // throws std::invalid_argument

class WorkingSet {
 public:
  static constexpr std::size_t kStrideBytes = 4160;

  // Maps, fills and touches the pages, 4 KB each.  Throws std::system_error.
  WorkingSet(PageKind kind, std::size_t pages);
  WorkingSet(const WorkingSet&) = delete;
  WorkingSet& operator=(const WorkingSet&) = delete;
  ~WorkingSet();

  std::size_t pages() const { return pages_; }
  PageKind kind() const { return kind_; }

  // What walks through the pages once; copies of it stand in timed regions.
  struct DataWalk {
    void* first;
    std::size_t pages;
    [[gnu::always_inline]] void operator()() const {
      void* at = first;
      std::size_t left = pages;
      if (left == 0) return;
      asm volatile("1:\n\tmovq (%0), %0\n\tdecq %1\n\tjnz 1b"
                   : "+r"(at), "+r"(left)
                   :
                   : "memory", "cc");
    }
  };
  struct CodeWalk {
    void (*first)();
    [[gnu::always_inline]] void operator()() const {
      if (first != nullptr) first();
    }
  };

  // Calls use(walk) with the walk of this set: a template for each kind, so that no decision about
  // it is made where time is taken.
  template <class Use>
  void visit(Use&& use) const {
    if (kind_ == PageKind::data)
      use(DataWalk{memory_, pages_});
    else
      use(CodeWalk{reinterpret_cast<void (*)()>(memory_)});
  }

 private:
  PageKind kind_;
  std::size_t pages_;
  std::size_t bytes_ = 0;
  void* memory_ = nullptr;
};

// For calls without a working set: nothing.
struct NoWalk {
  [[gnu::always_inline]] void operator()() const {}
};

}  // namespace osext
