/* SPDX-License-Identifier: GPL-2.0 */
/* Reading and writing a guest's memory, wherever its pointers point. */
#ifndef OSEXT_EXECUTIVE_GUEST_MEMORY_H
#define OSEXT_EXECUTIVE_GUEST_MEMORY_H

#include "executive/guest.h"

namespace osext::executive {

// Of the current guest.  How many bytes could be copied before the first one that cannot be: the
// kernel does it, so that a bad pointer, or one to the executive, is no fault.
uint64_t read_guest(uint64_t address, void* to, uint64_t bytes);
uint64_t write_guest(uint64_t address, const void* from, uint64_t bytes);
// The same of a guest that need not be the current one.
uint64_t write_guest(const Guest& guest, uint64_t address, const void* from, uint64_t bytes);

}  // namespace osext::executive

#endif
