// SPDX-License-Identifier: GPL-2.0
// Policy `trace`: a line for each system call of a guest, as strace prints it,
// when the call is over.  Observes only.

#include <asm/unistd.h>

#include "executive/error_table.h"
#include "executive/guest_memory.h"
#include "executive/log.h"
#include "executive/policy.h"
#include "executive/syscall_table.h"

namespace osext::executive {
namespace {

void print_text(Line& line, uint64_t address, uint64_t bytes, bool is_string) {
  constexpr uint64_t shown = 32;
  char text[shown + 1];
  const uint64_t wanted = bytes < sizeof(text) ? bytes : sizeof(text);
  const uint64_t got = read_guest(address, text, wanted);
  if (got == 0 && wanted > 0) {
    line.hex(address);
    return;
  }
  line.put('"');
  uint64_t i = 0;
  for (; i < got && i < shown && !(is_string && text[i] == '\0'); ++i) {
    const char c = text[i];
    if (c == '\n')
      line << "\\n";
    else if (c == '"' || c == '\\')
      line.put('\\').put(c);
    else if (c >= ' ' && c <= '~')
      line.put(c);
    else
      line << "\\" << static_cast<unsigned>(static_cast<unsigned char>(c));
  }
  const bool ended = is_string ? i < got && text[i] == '\0' : i == bytes;
  line << (ended ? "\"" : "\"...");
}

// What a call looked like when it was made: its arguments may be gone when it is over.
struct Record {
  uint64_t number;
  bool open;
  char text[240];
};

void print_call(Line& line, const Frame& frame) {
  const uint64_t arguments[] = {frame.rdi, frame.rsi, frame.rdx, frame.r10, frame.r8, frame.r9};
  if (const char* name = call_name(frame.rax))
    line << name;
  else
    line << "syscall_" << frame.rax;
  line.put('(');
  const char* signature = call_signature(frame.rax);
  for (unsigned i = 0; signature[i]; ++i) {
    if (i) line << ", ";
    const uint64_t value = arguments[i];
    switch (signature[i]) {
      case 'd':
        line << static_cast<int>(value);
        break;
      case 'o':
        line.put('0').octal(value);
        break;
      case 's':
        print_text(line, value, ~uint64_t{0}, true);
        break;
      case 'b':
        print_text(line, value, arguments[i + 1], false);
        break;
      default:
        if (value)
          line.hex(value);
        else
          line.put('0');
    }
  }
  line.put(')');
}

class Trace final : public Policy {
  Verdict on_call(Guest& guest) override {
    finish(guest, " = ?");  // it never came back: a restarted call
    Record& record = records_[guest.id];
    Line line(record.text, sizeof(record.text));
    line << "[" << guest.pid << "] ";
    print_call(line, guest.frame);
    line.end();
    record.open = true;
    record.number = guest.frame.rax;
    return {Verdict::next};
  }

  void on_served(Guest& guest) override {
    Record& record = records_[guest.id];
    if (!record.open || static_cast<int64_t>(record.number) != guest.call) return;
    record.open = false;
    const int64_t result = guest.result;
    Line line;
    line << record.text << " = ";
    const Error error = error_of(static_cast<uint64_t>(-result));
    if (error.name)
      line << (is_interrupted(result) ? "? " : "-1 ") << error.name << " (" << error.text << ")";
    else if (result >= 0 && result < 1 << 24)
      line << result;
    else
      line.hex(static_cast<uint64_t>(result));
  }

  void on_gone(Guest& guest) override { finish(guest, " = ?"); }

  void finish(Guest& guest, const char* how) {
    Record& record = records_[guest.id];
    if (!record.open) return;
    record.open = false;
    Line() << record.text << how;
  }

  Record records_[OSEXT_HIJACK_GUESTS_MAX] = {};
};

constinit Trace trace;
POLICY("trace", trace);

}  // namespace
}  // namespace osext::executive
