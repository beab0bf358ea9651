// SPDX-License-Identifier: GPL-2.0
// Managers, tasks and their shares; see shares.h.
#include "report/shares.h"

#include <algorithm>
#include <set>

namespace osext::report {
namespace {

constexpr const char* kHog = "hog";

std::string text_of(const Params& params, const char* key) {
  const auto found = params.find(key);
  return found == params.end() ? "" : found->second;
}

}  // namespace

std::string ManagedRun::title() const {
  const std::string manager = text_of(params, "manager");
  if (manager == "none") return "nobody";
  std::string text = mechanism == "safex"    ? "SafeX"
                     : mechanism == "uls"    ? "ULS"
                     : mechanism == "hijack" ? "Hijack"
                     : manager.empty()       ? mechanism
                                             : "a " + manager;
  for (const auto& [key, value] : params) {
    if (key == "pid")
      text += value == "printed" ? ", PID as printed" : ", PID of textbooks";
    else if (key == "actuator")
      text += value == "sigstop" ? ", SIGSTOP" : ", raised";
    else if (key != "manager")
      text += ", " + key + "=" + value;
  }
  return text;
}

std::optional<std::int64_t> ManagedRun::count(const std::string& name) const {
  if (!cell || cell->series.empty()) return std::nullopt;
  const auto& counters = cell->series.front()->counters;
  const auto found = counters.find(name);
  return found == counters.end() ? std::nullopt : std::optional(found->second);
}

std::vector<ManagedRun> managed_runs(const Block& block) {
  std::vector<ManagedRun> runs;
  for (const Measured& row : block.rows) {
    if (row.workload != "cpu_shares") continue;
    Params params = row.params;
    params.erase("task");
    params.erase("when");
    auto run = std::find_if(runs.begin(), runs.end(), [&](const ManagedRun& other) {
      return other.mechanism == row.mechanism && other.params == params;
    });
    if (run == runs.end()) {
      run = runs.insert(runs.end(), ManagedRun{});
      run->mechanism = row.mechanism;
      run->params = params;
    }
    const std::string task = text_of(row.params, "task");
    if (task.empty())
      run->cell = &row;
    else if (row.params.contains("when"))
      run->bursts[task] = &row;
    else
      run->tasks[task] = &row;
  }
  return runs;
}

std::vector<std::string> task_names(const std::vector<ManagedRun>& runs) {
  std::set<std::string> names;
  for (const ManagedRun& run : runs)
    for (const auto& [name, row] : run.tasks)
      if (name != kHog) names.insert(name);
  return {names.begin(), names.end()};
}

}  // namespace osext::report
