/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the loader tells the runtime about the memory that it was given: a variable
 * of the runtime, which the loader finds by its name and fills in.
 */
#ifndef OSEXT_ULS_RUNTIME_AREA_H
#define OSEXT_ULS_RUNTIME_AREA_H

#include <cstdint>

namespace osext::uls {

// All are addresses in the sandbox.
struct Area {
  static constexpr unsigned kSegmentsMax = 8;
  struct Segment {
    std::uint64_t begin;  // a multiple of 4096
    std::uint32_t bytes;
    std::int32_t key;
  };

  std::uint64_t heap_begin, heap_end;                  // multiples of 4096; memory that is 0
  std::uint64_t constructors_begin, constructors_end;  // pointers to functions
  std::uint64_t segment_count;
  Segment segments[kSegmentsMax];  // memory that several extensions share
};

}  // namespace osext::uls

// The names that the loader knows.
#define OSEXT_ULS_AREA_SYMBOL "osext_uls_area"
#define OSEXT_ULS_ENTRY_SYMBOL "osext_uls_entry"

#endif
