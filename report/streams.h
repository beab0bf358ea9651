// SPDX-License-Identifier: GPL-2.0
// The rows of udp_qos as what they are: a policy, its four tasks, windows of time.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/number.h"
#include "report/series.h"

namespace osext::report {

// What a task's jitter is in a window: none ever came in the window = infinite.
struct Jitter {
  bool infinite = false;
  Fixed maximum, mean;
};

// A figure in which infinity is the largest.
struct Extended {
  bool infinite = false;
  Fixed value;
  bool operator<(const Extended& other) const {
    return !infinite && (other.infinite || value < other.value);
  }
};
std::string to_string(const Extended& value);  // "inf", or the number

class PolicyRun {
 public:
  std::string mechanism, policy, streams;
  std::map<std::string, std::int64_t> counters;
  std::map<unsigned, std::map<unsigned, const Measured*>> tasks;  // task -> window -> row

  std::string title() const { return policy + (mechanism == "linux" ? " (Linux)" : ""); }

  // Packets a second of one window; none if the task's stream had not begun.
  std::optional<Fixed> rate(unsigned task, unsigned window, std::string_view metric) const;
  std::optional<Jitter> jitter(unsigned task, unsigned window) const;

  // The windows in which all streams run, from one step (two windows) after the last began.
  std::vector<unsigned> full_load() const;
  // Over those windows.  Throw std::out_of_range for a task without rows there.
  Fixed mean_rate(unsigned task, std::string_view metric) const;
  Fixed least_rate(unsigned task, std::string_view metric) const;
  Extended maximum_jitter(unsigned task) const;
  Extended mean_jitter(unsigned task) const;  // of all pairs of those windows
};

// In the order of the rows; only those that are usable.
std::vector<PolicyRun> policy_runs(const Block& block);

}  // namespace osext::report
