// SPDX-License-Identifier: GPL-2.0
// Rows without figures; see status.h.
#include "report/status.h"

namespace osext::report {

Value status_value(const Measured& row) {
  return {std::string(to_string(row.status)),
          row.status == Status::skipped ? Tone::muted : Tone::bad};
}

std::string status_text(const Measured& row) {
  std::string text(to_string(row.status));
  if (!row.reason.empty()) text += " - " + row.reason;
  return text;
}

}  // namespace osext::report
