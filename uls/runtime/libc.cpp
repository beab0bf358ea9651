// SPDX-License-Identifier: GPL-2.0
// Memory as POSIX has it, for extensions.
#include "uls/runtime/libc.h"

#include "uls/runtime/area.h"
#include "uls/runtime/heap.h"

extern "C" osext::uls::Area osext_uls_area;

namespace {

constinit osext::uls::Heap the_heap;
constinit bool begun = false;

// Constructors of the extension may want memory before those of this file would have run.
osext::uls::Heap& heap() {
  if (!begun) {
    the_heap.begin(osext_uls_area.heap_begin, osext_uls_area.heap_end);
    begun = true;
  }
  return the_heap;
}

template <class Result>
Result fail(int error, Result result) {
  errno = error;
  return result;
}

}  // namespace

extern "C" {

int errno = 0;

void* mmap(void*, std::size_t bytes, int protection, int flags, int, long) {
  if (bytes == 0) return fail(EINVAL, MAP_FAILED);
  if (!(flags & MAP_ANONYMOUS) || flags & MAP_FIXED || protection & PROT_EXEC)
    return fail(ENOTSUP, MAP_FAILED);
  void* pages = heap().map(bytes);
  return pages ? pages : fail(ENOMEM, MAP_FAILED);
}

int munmap(void* memory, std::size_t bytes) {
  return heap().unmap(memory, bytes) ? 0 : fail(EINVAL, -1);
}

int brk(void* end) {
  return heap().set_break(reinterpret_cast<std::uintptr_t>(end)) ? 0 : fail(ENOMEM, -1);
}

void* sbrk(std::ptrdiff_t change) {
  const std::uintptr_t before = heap().end_of_break();
  if (change && !heap().set_break(before + static_cast<std::uintptr_t>(change)))
    return fail(ENOMEM, MAP_FAILED);
  return reinterpret_cast<void*>(before);
}

int shmget(int key, std::size_t bytes, int) {
  for (unsigned i = 0; i < osext_uls_area.segment_count; ++i) {
    if (osext_uls_area.segments[i].key != key) continue;
    return bytes <= osext_uls_area.segments[i].bytes ? static_cast<int>(i) : fail(EINVAL, -1);
  }
  return fail(ENOENT, -1);
}

void* shmat(int segment, const void* where, int) {
  if (where || segment < 0 || static_cast<unsigned>(segment) >= osext_uls_area.segment_count)
    return fail(EINVAL, MAP_FAILED);
  return reinterpret_cast<void*>(osext_uls_area.segments[segment].begin);
}

int shmdt(const void* memory) {
  for (unsigned i = 0; i < osext_uls_area.segment_count; ++i)
    if (reinterpret_cast<const void*>(osext_uls_area.segments[i].begin) == memory) return 0;
  return fail(EINVAL, -1);
}

void* malloc(std::size_t bytes) {
  void* block = heap().allocate(bytes ? bytes : 1);
  return block ? block : fail(ENOMEM, block);
}

void* calloc(std::size_t count, std::size_t bytes) {
  std::size_t all;
  if (__builtin_mul_overflow(count, bytes, &all)) return fail<void*>(ENOMEM, nullptr);
  void* block = malloc(all);
  if (block) memset(block, 0, all);
  return block;
}

void* realloc(void* memory, std::size_t bytes) {
  if (!memory) return malloc(bytes);
  const std::size_t before = heap().size_of(memory);
  if (bytes && bytes <= before) return memory;
  void* block = malloc(bytes);
  if (!block) return nullptr;
  memcpy(block, memory, bytes < before ? bytes : before);
  free(memory);
  return block;
}

void free(void* memory) {
  heap().release(memory);
}
}
