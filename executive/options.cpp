// SPDX-License-Identifier: GPL-2.0
#include "executive/options.h"

#include "executive/log.h"
#include "executive/memory.h"

namespace osext::executive {

bool equals(const char* text, unsigned length, const char* word) {
  return strlen(word) == length && memcmp(text, word, length) == 0;
}

const char* Options::find(const char* name, unsigned& length) const {
  const char* at = text_;
  while (*at) {
    const char* word = at;
    while (*at && *at != '=' && *at != ' ') ++at;
    const bool found = *at == '=' && equals(word, static_cast<unsigned>(at - word), name);
    if (*at == '=') ++at;
    const char* value = at;
    while (*at && *at != ' ') ++at;
    if (found) {
      length = static_cast<unsigned>(at - value);
      return value;
    }
    while (*at == ' ') ++at;
  }
  return nullptr;
}

uint64_t Options::number(const char* name, uint64_t otherwise) const {
  unsigned length;
  const char* value = find(name, length);
  if (!value) return otherwise;
  uint64_t result = 0;
  for (unsigned i = 0; i < length; ++i) {
    if (value[i] < '0' || value[i] > '9' || result > ~uint64_t{0} / 16)
      fail("an option is no number");
    result = result * 10 + static_cast<uint64_t>(value[i] - '0');
  }
  return result;
}

bool Options::is(const char* name, const char* value) const {
  unsigned length;
  const char* found = find(name, length);
  return found && equals(found, length, value);
}

}  // namespace osext::executive
