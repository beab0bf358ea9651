/* SPDX-License-Identifier: GPL-2.0 */
/* The executive's command line: NAME=VALUE words, given by the host. */
#ifndef OSEXT_EXECUTIVE_OPTIONS_H
#define OSEXT_EXECUTIVE_OPTIONS_H

#include <cstdint>

namespace osext::executive {

class Options {
 public:
  explicit Options(const char* text) : text_(text) {}

  // The value's first character, its length in `length`; nullptr if there is no such word.
  const char* find(const char* name, unsigned& length) const;
  // Decimal; `otherwise` if there is no such word.  Anything else than digits ends the executive.
  uint64_t number(const char* name, uint64_t otherwise) const;
  bool is(const char* name, const char* value) const;

 private:
  const char* text_;
};

// Whether the `length` characters at `text` are this word.
bool equals(const char* text, unsigned length, const char* word);

}  // namespace osext::executive

#endif
