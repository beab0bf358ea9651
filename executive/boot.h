/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the host tells a starting executive; lies in the executive's region.
 */
#ifndef OSEXT_EXECUTIVE_BOOT_H
#define OSEXT_EXECUTIVE_BOOT_H

#include <cstdint>

namespace osext::executive {

constexpr uint64_t kOptionBytes = 1024;
constexpr uint64_t kReportBytes = 256 << 10;

// Exit status of an executive that has said why; smaller ones are errno.
constexpr int kFailed = 240;

struct Boot {
  uint64_t device;             // file descriptor of the module's device
  uint64_t output;             // file descriptor for lines of text
  uint64_t heap, heap_end;     // free pages; the first kReportBytes are the report
  char options[kOptionBytes];  // NAME=VALUE words; see docs/hijack.md
};

// At the start of the heap: values that policies record, for the host to read.
struct Report {
  uint64_t count;  // may exceed what there is room for
  uint64_t values[kReportBytes / 8 - 1];
};
static_assert(sizeof(Report) == kReportBytes);

}  // namespace osext::executive

#endif
