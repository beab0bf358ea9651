/* SPDX-License-Identifier: GPL-2.0 */
/* What system calls are called, and what their arguments are, for people to read. */
#ifndef OSEXT_EXECUTIVE_SYSCALL_TABLE_H
#define OSEXT_EXECUTIVE_SYSCALL_TABLE_H

#include <cstdint>

namespace osext::executive {

constexpr uint64_t kCallsMax = 512;

// nullptr if Linux had no such call when this was built.
const char* call_name(uint64_t number);

// A letter for each argument: d number, x hexadecimal, o octal, s string, b bytes whose count is
// the next argument.  Calls without an entry show all six as hexadecimal.
const char* call_signature(uint64_t number);

}  // namespace osext::executive

#endif
