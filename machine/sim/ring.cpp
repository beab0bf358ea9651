// SPDX-License-Identifier: GPL-2.0
// See ring.h.
#include "machine/sim/ring.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace osext {

Ring::Ring(const std::string& file) {
  const int descriptor = open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0)
    throw std::runtime_error(
        fmt::format("cannot open the shared region '{}': {}", file, std::strerror(errno)));
  struct stat status {};
  void* memory = MAP_FAILED;
  if (fstat(descriptor, &status) == 0 && static_cast<__u64>(status.st_size) >= OSEXT_REGION_SIZE)
    memory = mmap(nullptr, OSEXT_REGION_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  close(descriptor);
  if (memory == MAP_FAILED)
    throw std::runtime_error(
        fmt::format("cannot map the shared region '{}': make it a file of {} bytes first", file,
                    OSEXT_REGION_SIZE));
  region_ = static_cast<unsigned char*>(memory);
}

Ring::~Ring() {
  munmap(region_, OSEXT_REGION_SIZE);
}

void Ring::append(osext_counters entry) {
  auto* const header = reinterpret_cast<osext_region_header*>(region_ + OSEXT_REGION_HEADER);
  auto* const entries = reinterpret_cast<osext_counters*>(region_ + OSEXT_REGION_RING);
  if (used_ < OSEXT_REGION_RING_ENTRIES) {
    entry.sequence = used_ + 1;
    entries[used_++] = entry;
  } else {
    ++lost_;
  }
  // A reader that sees the new count also sees the entry.
  std::atomic_ref(header->ring_lost).store(lost_, std::memory_order_release);
  std::atomic_ref(header->ring_used).store(used_, std::memory_order_release);
}

}  // namespace osext
