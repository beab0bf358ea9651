/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the source of an extension includes: its one function, and what it is told.
 *
 * An extension is freestanding C++20 without exceptions, RTTI and thread-local
 * variables, and may use no floating point: the vector registers are those of the
 * program that an upcall interrupts.  It has no system calls; its threads have
 * (runtime/thread.h).  What it calls is in
 * runtime/libc.h; `osext_uls_extension(NAME SOURCE...)` of CMake builds it.
 */
#ifndef OSEXT_ULS_RUNTIME_EXTENSION_H
#define OSEXT_ULS_RUNTIME_EXTENSION_H

#include <osext/uls.h>

#include <cstdint>

#include "uls/runtime/libc.h"

// Written by the extension; called once for each event, never twice at a time.  Global variables
// keep their values from one event to the next; those with C linkage can be read from outside.
extern "C" void osext_uls_extension(const osext_uls_record* record);

namespace osext::uls {

// To the host that called (kind OSEXT_ULS_CALLED).
inline void answer(const osext_uls_record* record, std::uint64_t value) {
  const_cast<osext_uls_record*>(record)->answer = value;
}

}  // namespace osext::uls

#endif
