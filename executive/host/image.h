/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The executive's ELF file, read and checked before anything is started.
 */
#ifndef OSEXT_EXECUTIVE_HOST_IMAGE_H
#define OSEXT_EXECUTIVE_HOST_IMAGE_H

#include <cstdint>
#include <string>
#include <vector>

namespace osext {

struct ExecutiveSegment {
  std::uint64_t address;
  std::uint64_t memory_bytes;  // in memory; what the file does not give is zero
  int protection;              // PROT_*
  std::string bytes;
};

struct ExecutiveImage {
  std::uint64_t start;  // first instruction
  std::uint64_t end;    // behind the last segment, on a page boundary
  std::vector<ExecutiveSegment> segments;
};

// Throws std::runtime_error, saying what is wrong with the file, unless every
// segment lies behind the shared page and inside the largest region.
ExecutiveImage read_executive(const std::string& path);

}  // namespace osext

#endif
