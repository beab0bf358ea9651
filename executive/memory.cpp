// SPDX-License-Identifier: GPL-2.0
#include "executive/memory.h"

#include "executive/log.h"
#include "executive/pages.h"

namespace osext::executive {
namespace {

constinit Pages heap;

}  // namespace

void init_memory(uint64_t begin, uint64_t end) {
  heap.begin(begin, end);
}

void* map_pages(uint64_t count) {
  void* pages = heap.map(count);
  if (!pages) fail("out of memory");
  return pages;
}

void unmap_pages(void* pages, uint64_t count) {
  if (!heap.unmap(pages, count)) fail("unmaps what is not mapped");
}

}  // namespace osext::executive

extern "C" {

void* memcpy(void* to, const void* from, size_t bytes) {
  void* result = to;
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes)::"memory");
  return result;
}

void* memmove(void* to, const void* from, size_t bytes) {
  auto* target = static_cast<char*>(to);
  const auto* source = static_cast<const char*>(from);
  if (target <= source) {
    for (size_t i = 0; i < bytes; ++i) {
      asm volatile("");  // or this becomes a call of memmove
      target[i] = source[i];
    }
  } else {
    for (size_t i = bytes; i > 0; --i) {
      asm volatile("");
      target[i - 1] = source[i - 1];
    }
  }
  return to;
}

void* memset(void* to, int value, size_t bytes) {
  void* result = to;
  asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
  return result;
}

int memcmp(const void* a, const void* b, size_t bytes) {
  const auto* first = static_cast<const unsigned char*>(a);
  const auto* second = static_cast<const unsigned char*>(b);
  for (size_t i = 0; i < bytes; ++i)
    if (first[i] != second[i]) return first[i] < second[i] ? -1 : 1;
  return 0;
}

size_t strlen(const char* text) {
  size_t length = 0;
  while (text[length]) {
    asm volatile("");
    ++length;
  }
  return length;
}
}
