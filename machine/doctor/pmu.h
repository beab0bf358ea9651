// SPDX-License-Identifier: GPL-2.0
// Does this computer's performance monitoring unit count?
#pragma once

#include <cstdint>
#include <string>

namespace osext {

struct PmuCheck {
  bool counts = false;
  std::string detail;  // why it does not, or how well it does
};

// Counts the instructions of a loop of known length in user mode by perf_event_open().
// Context: a normal process; takes milliseconds.
PmuCheck check_pmu();

// The judgement alone: `counted` user instructions where the loop has `expected`.
PmuCheck judge_pmu(std::uint64_t counted, std::uint64_t expected);

}  // namespace osext
