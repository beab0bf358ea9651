/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The executive's memory: pages of its region, which the module owns, so that
 * they are present in every guest and never move.
 */
#ifndef OSEXT_EXECUTIVE_MEMORY_H
#define OSEXT_EXECUTIVE_MEMORY_H

#include <cstddef>
#include <cstdint>

#include "executive/pages.h"

namespace osext::executive {

void init_memory(uint64_t begin, uint64_t end);  // page-aligned addresses in the region

// The executive's mmap and munmap.  Pages side by side, all zero; ends the executive when there are
// not so many left, or when what is given back was not mapped.
void* map_pages(uint64_t count);
void unmap_pages(void* pages, uint64_t count);

}  // namespace osext::executive

// What the compiler calls.
extern "C" {
void* memcpy(void* to, const void* from, size_t bytes);
void* memmove(void* to, const void* from, size_t bytes);
void* memset(void* to, int value, size_t bytes);
int memcmp(const void* a, const void* b, size_t bytes);
size_t strlen(const char* text);
}

#endif
