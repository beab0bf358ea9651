// SPDX-License-Identifier: GPL-2.0
#include "executive/log.h"

#include <asm/unistd.h>

#include "executive/linux.h"

namespace osext::executive {
namespace {

int output_file = 2;
Report* reported = nullptr;

}  // namespace

Line& Line::put(char c) {
  if (length_ < bytes_ - 1) text_[length_++] = c;  // one place stays for the end
  return *this;
}

Line& Line::operator<<(const char* text) {
  for (; *text; ++text) put(*text);
  return *this;
}

Line& Line::operator<<(uint64_t number) {
  char digits[20];
  unsigned count = 0;
  do digits[count++] = static_cast<char>('0' + number % 10);
  while (number /= 10);
  while (count) put(digits[--count]);
  return *this;
}

Line& Line::operator<<(int64_t number) {
  if (number >= 0) return *this << static_cast<uint64_t>(number);
  put('-');
  return *this << (~static_cast<uint64_t>(number) + 1);
}

Line& Line::hex(uint64_t number) {
  *this << "0x";
  unsigned shift = 60;
  while (shift && !(number >> shift)) shift -= 4;
  for (;; shift -= 4) {
    put("0123456789abcdef"[number >> shift & 15]);
    if (!shift) return *this;
  }
}

Line& Line::octal(uint64_t number) {
  if (number >= 8) octal(number / 8);
  return put(static_cast<char>('0' + number % 8));
}

Line::~Line() {
  if (text_ != buffer_) return;
  text_[length_++] = '\n';
  system_call(__NR_write, static_cast<uint64_t>(output_file), reinterpret_cast<uint64_t>(text_),
              length_);
}

void init_log(int output, Report* report) {
  output_file = output;
  reported = report;
}

void report(uint64_t value) {
  constexpr uint64_t room = sizeof(reported->values) / sizeof(reported->values[0]);
  if (reported->count < room) reported->values[reported->count] = value;
  ++reported->count;
}

uint64_t* report_words(unsigned count) {
  if (reported->count != 0) fail("two policies want the beginning of the report");
  reported->count = count;
  return reported->values;
}

void end(int status) {
  for (;;) system_call(__NR_exit_group, static_cast<uint64_t>(status));
}

void fail(const char* why) {
  Line() << "executive: " << why;
  end(kFailed);
}

}  // namespace osext::executive
