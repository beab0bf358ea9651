/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the executive says: lines of text for people, values for the host.
 */
#ifndef OSEXT_EXECUTIVE_LOG_H
#define OSEXT_EXECUTIVE_LOG_H

#include <cstdint>

#include "executive/boot.h"

namespace osext::executive {

// A line in the making; written as a whole, by one system call, when it ends.
// Longer ones are cut.
class Line {
 public:
  Line() : Line(buffer_, sizeof(buffer_)) {}
  // Text for later, in somebody's memory; end() it.
  Line(char* text, unsigned bytes) : text_(text), bytes_(bytes) {}
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  Line& operator<<(const char* text);
  Line& operator<<(int64_t number);
  Line& operator<<(uint64_t number);
  Line& operator<<(int number) { return *this << static_cast<int64_t>(number); }
  Line& operator<<(unsigned number) { return *this << static_cast<uint64_t>(number); }
  Line& hex(uint64_t number);
  Line& octal(uint64_t number);
  Line& put(char c);
  void end() { text_[length_] = '\0'; }
  ~Line();  // writes it, unless it is for later

 private:
  char* text_;
  unsigned bytes_, length_ = 0;
  char buffer_[512];
};

void init_log(int output, Report* report);
void report(uint64_t value);  // for the host, in this order
// So many values with an address, 0 for now, that may change as long as the executive lives.  Only
// before anything else is reported.
uint64_t* report_words(unsigned count);

[[noreturn]] void end(int status);
[[noreturn]] void fail(const char* why);  // ends the executive and its guests

}  // namespace osext::executive

#endif
