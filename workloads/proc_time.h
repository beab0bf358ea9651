// SPDX-License-Identifier: GPL-2.0
// A process's CPU time, in two ways: as /proc/PID/stat prints it, in clock ticks of 10 ms, and by
// its clock, in nanoseconds.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <cerrno>
#include <cstdint>
#include <string_view>
#include <system_error>

#include "workloads/clock.h"

namespace osext {

// Both are the kernel's to say: USER_HZ is 100 on x86-64.
inline constexpr std::int64_t kStatTickNs = 10'000'000;

// utime and stime of the text of /proc/PID/stat, fields 14 and 15.  The name in field 2 may hold
// anything, so fields are counted from the last ')'.  Negative when the text is something else.
inline std::int64_t stat_cpu_ns(std::string_view stat) {
  constexpr int kSpacesBeforeTimes = 12;
  std::size_t at = stat.rfind(')');
  if (at == std::string_view::npos) return -1;
  for (int i = 0; i < kSpacesBeforeTimes; ++i) {
    at = stat.find(' ', at + 1);
    if (at == std::string_view::npos) return -1;
  }
  std::int64_t ticks[2] = {};
  for (std::int64_t& field : ticks) {
    if (++at >= stat.size() || stat[at] < '0' || stat[at] > '9') return -1;
    for (; at < stat.size() && stat[at] >= '0' && stat[at] <= '9'; ++at)
      field = 10 * field + (stat[at] - '0');
  }
  return (ticks[0] + ticks[1]) * kStatTickNs;
}

inline std::int64_t clock_cpu_ns(pid_t pid) {
  clockid_t clock;
  timespec time;
  if (const int error = clock_getcpuclockid(pid, &clock); error != 0)
    throw std::system_error(error, std::generic_category(), "clock_getcpuclockid");
  if (clock_gettime(clock, &time) != 0)
    throw std::system_error(errno, std::generic_category(), "a process's CPU clock");
  return to_ns(time);
}

}  // namespace osext
