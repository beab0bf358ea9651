/* SPDX-License-Identifier: GPL-2.0 */
/* Reading the numbers of a policy's options. */
#ifndef OSEXT_EXECUTIVE_DECIMAL_H
#define OSEXT_EXECUTIVE_DECIMAL_H

#include <cstdint>

namespace osext::executive {

// Reads digits from text[at] on, and moves `at` behind them; false if there are none, or if the
// number does not fit into 32 bits.
inline bool read_decimal(const char* text, unsigned length, unsigned& at, uint64_t& value) {
  const unsigned first = at;
  value = 0;
  for (; at < length && text[at] >= '0' && text[at] <= '9'; ++at) {
    value = value * 10 + static_cast<uint64_t>(text[at] - '0');
    if (value > 0xffffffff) return false;
  }
  return at > first;
}

}  // namespace osext::executive

#endif
