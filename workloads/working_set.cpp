// SPDX-License-Identifier: GPL-2.0
#include "workloads/working_set.h"

#include <fmt/core.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace osext {
namespace {

// Each word holds the address of the next; the last one's points nowhere and is read, not followed.
void chain_pointers(char* memory, std::size_t pages) {
  for (std::size_t i = 0; i < pages; ++i) {
    void* next = i + 1 < pages ? memory + (i + 1) * WorkingSet::kStrideBytes : nullptr;
    std::memcpy(memory + i * WorkingSet::kStrideBytes, &next, sizeof next);
  }
}

// Each page but the last holds `jmp rel32` to the next; the last one returns.
void chain_jumps(char* memory, std::size_t pages) {
  constexpr unsigned char kJump = 0xe9, kReturn = 0xc3;
  constexpr std::size_t kJumpBytes = 5;
  const auto distance = static_cast<std::int32_t>(WorkingSet::kStrideBytes - kJumpBytes);
  for (std::size_t i = 0; i < pages; ++i) {
    char* at = memory + i * WorkingSet::kStrideBytes;
    if (i + 1 == pages) {
      std::memcpy(at, &kReturn, sizeof kReturn);
    } else {
      std::memcpy(at, &kJump, sizeof kJump);
      std::memcpy(at + sizeof kJump, &distance, sizeof distance);
    }
  }
}

}  // namespace

PageKind parse_page_kind(std::string_view text) {
  if (text == "data") return PageKind::data;
  if (text == "code") return PageKind::code;
  throw std::invalid_argument(fmt::format("'{}' is no kind of pages; there are: data, code", text));
}

WorkingSet::WorkingSet(PageKind kind, std::size_t pages)
    : kind_(kind), pages_(pages), bytes_(pages * kStrideBytes) {
  if (pages == 0) return;
  const auto fail = [this](const char* what) {
    const int error = errno;
    if (memory_ != nullptr) munmap(memory_, bytes_);
    throw std::system_error(error, std::generic_category(), what);
  };
  void* mapped = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) fail("cannot map the working set");
  memory_ = mapped;
  // Large pages would make a few TLB entries of it.  EINVAL: a kernel that has none.
  if (madvise(memory_, bytes_, MADV_NOHUGEPAGE) != 0 && errno != EINVAL)
    fail("cannot keep large pages out of the working set");
  auto* memory = static_cast<char*>(memory_);
  if (kind == PageKind::data) {
    chain_pointers(memory, pages);
  } else {
    chain_jumps(memory, pages);
    if (mprotect(memory_, bytes_, PROT_READ | PROT_EXEC) != 0)
      fail("cannot make the working set executable");
  }
}

WorkingSet::~WorkingSet() {
  if (memory_ != nullptr) munmap(memory_, bytes_);
}

}  // namespace osext
