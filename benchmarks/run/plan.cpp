// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/run/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "benchmarks/catalog.h"

namespace osext {

namespace {

bool wanted(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

PlanOptions plan_options(const RunOptions& options) {
  PlanOptions plan;
  plan.machine = parse_machine(options.machine);
  plan.operations = options.operations();
  plan.full = options.full;
  plan.modules = options.machine != "native";
  return plan;
}

// The user's choice, or the default.
std::vector<std::string> chosen_profiles(const RunOptions& options) {
  if (options.machine != "sim") return {""};
  if (options.profiles.empty()) return {"pentium4", "zen3"};
  std::vector<std::string> once;  // a profile named twice is one profile
  for (const auto& profile : options.profiles) {
    if (std::find(once.begin(), once.end(), profile) == once.end()) once.push_back(profile);
  }
  return once;
}

std::string extent_text(const PlannedCell& plan) {
  if (plan.window.count() != 0) return fmt::format("{} ms", plan.window.count());
  return fmt::format("{} x {}", plan.series.count, plan.series.ops);
}

// A misspelt name must not silently measure less.
void check_names(const RunOptions& options) {
  for (const auto& id : options.experiments) find_experiment(id);
  for (const auto& id : options.mechanisms) find_mechanism(id);
}

}  // namespace

std::string PlannedUnit::name() const {
  std::string name = experiment + "." + mechanism;
  for (const std::string& part : {profile, boot})
    if (!part.empty()) name += "." + part;
  std::replace(name.begin(), name.end(), ' ', ',');
  return name;
}

std::vector<std::string> profiles_of(const Experiment& experiment, const std::string& mechanism,
                                     const RunOptions& options) {
  if (only_reports(experiment)) return {""};
  std::vector<std::string> profiles = chosen_profiles(options);
  if (options.machine == "sim" && options.profiles.empty())
    for (const FurtherProfile& further : experiment.further_profiles)
      if (wanted(further.mechanisms, mechanism)) profiles.push_back(further.profile);
  return profiles;
}

std::vector<std::string> profiles_of(const RunOptions& options) {
  std::vector<std::string> profiles = chosen_profiles(options);
  for (const Experiment& experiment : experiments()) {
    if (!wanted(options.experiments, experiment.id)) continue;
    for (const MechanismInfo& mechanism : mechanisms()) {
      if (!wanted(options.mechanisms, mechanism.id)) continue;
      for (const std::string& profile : profiles_of(experiment, mechanism.id, options))
        if (!profile.empty() && !std::count(profiles.begin(), profiles.end(), profile))
          profiles.push_back(profile);
    }
  }
  return profiles;
}

std::vector<PlannedUnit> make_plan(const RunOptions& options) {
  check_names(options);
  std::vector<PlannedUnit> units;
  for (const Experiment& experiment : experiments()) {
    if (!wanted(options.experiments, experiment.id)) continue;
    for (const MechanismInfo& mechanism : mechanisms()) {
      if (!wanted(options.mechanisms, mechanism.id)) continue;
      std::map<std::string, std::vector<PlannedCell>> boots;
      for (PlannedCell& cell : plan_cells(experiment, mechanism, plan_options(options)))
        boots[cell.boot].push_back(std::move(cell));
      for (const auto& [boot, cells] : boots)
        for (const std::string& profile : profiles_of(experiment, mechanism.id, options))
          units.push_back({experiment.id, mechanism.id, profile, boot, cells});
    }
  }
  if (units.empty()) {
    throw std::runtime_error("nothing to measure: --list shows what there is");
  }
  return units;
}

std::string list_plan(const RunOptions& options) {
  check_names(options);
  std::string text;
  for (const Experiment& experiment : experiments()) {
    if (!wanted(options.experiments, experiment.id)) continue;
    text += fmt::format("{}: {}\n", experiment.id, experiment.question);
    for (const MechanismInfo& mechanism : mechanisms()) {
      if (!wanted(options.mechanisms, mechanism.id)) continue;
      for (const PlannedCell& plan : plan_cells(experiment, mechanism, plan_options(options))) {
        text += fmt::format(
            "  {:<8} {:<16} {:<34} {}\n", mechanism.id, plan.cell.workload,
            to_string(plan.cell.params),
            plan.skip_reason.empty() ? extent_text(plan) : "skipped: " + plan.skip_reason);
      }
    }
    for (const Gap& gap : gaps(experiment)) {
      if (!wanted(options.mechanisms, gap.mechanism)) continue;
      text += fmt::format("  {:<8} {:<16} {:<34} none: {}\n", gap.mechanism, gap.workload, "",
                          gap.reason);
    }
  }
  return text;
}

}  // namespace osext
