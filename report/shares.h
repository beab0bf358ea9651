// SPDX-License-Identifier: GPL-2.0
// The rows of cpu_service as what they are: a manager, and the shares of the processor that each
// task had under it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "report/number.h"
#include "report/series.h"

namespace osext::report {

struct ManagedRun {
  std::string mechanism;
  Params params;                   // without what labels values: task, when
  const Measured* cell = nullptr;  // what belongs to no task: the manager's own share, or why the
                                   // cell has no figures
  std::map<std::string, const Measured*> tasks;   // second by second, by name; the hog, too
  std::map<std::string, const Measured*> bursts;  // over all bursts of the disturbance

  std::string title() const;  // "a process, SIGSTOP, PID as printed"
  bool usable() const { return cell && cell->usable() && !tasks.empty(); }
  std::optional<std::int64_t> count(const std::string& name) const;
};

// In the order of the rows.
std::vector<ManagedRun> managed_runs(const Block& block);

// The managed tasks' names, in their order; without the hog.
std::vector<std::string> task_names(const std::vector<ManagedRun>& runs);

}  // namespace osext::report
