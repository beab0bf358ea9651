/* SPDX-License-Identifier: GPL-2.0 */
/* What errors are called, for people to read. */
#ifndef OSEXT_EXECUTIVE_ERROR_TABLE_H
#define OSEXT_EXECUTIVE_ERROR_TABLE_H

#include <cstdint>

namespace osext::executive {

struct Error {
  const char* name;  // nullptr: no error has this number
  const char* text;
};
Error error_of(uint64_t number);

// The kernel's own results of a call that a signal interrupted, which programs never see: it is
// made again, unless a handler ran and says otherwise.
constexpr bool is_interrupted(int64_t result) {
  return result == -512 || result == -513 || result == -514 || result == -516;
}

}  // namespace osext::executive

#endif
