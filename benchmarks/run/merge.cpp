// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/run/merge.h"

#include <map>
#include <set>
#include <tuple>

namespace osext {

namespace {

using Key = std::tuple<Cell, std::string, std::uint64_t>;  // cell, metric, trial

Key key_of(const Sample& sample) {
  return {sample.cell, sample.metric, sample.trial};
}

// The more alarming of two states of metrics of one cell.
Status worse(Status a, Status b) {
  return static_cast<int>(a) > static_cast<int>(b) ? a : b;
}

// Labels of the values that a row reports; none is a parameter of a planned cell.
using Labels = std::map<std::string, std::set<std::string>>;  // by experiment
Labels labels_of(const std::vector<PlannedUnit>& plan) {
  Labels labels;
  for (const PlannedUnit& unit : plan)
    for (const PlannedCell& cell : unit.cells)
      labels[unit.experiment].insert(cell.labels.begin(), cell.labels.end());
  return labels;
}

// The cell as it was planned.
Cell planned_cell(Cell cell, const Labels& labels) {
  cell.params.erase("profile");
  const auto own = labels.find(cell.experiment);
  if (own == labels.end()) return cell;
  for (const std::string& label : own->second) cell.params.erase(label);
  return cell;
}

}  // namespace

std::vector<Sample> merge_restores(const std::vector<std::vector<Sample>>& units) {
  std::vector<Sample> merged;
  std::map<Key, std::size_t> place;
  for (const auto& samples : units) {
    for (const Sample& sample : samples) {
      const auto [entry, is_new] = place.try_emplace(key_of(sample), merged.size());
      if (is_new) {
        merged.push_back(sample);
        continue;
      }
      Sample& first = merged[entry->second];
      if (first.status != Status::ok && first.status != Status::unstable) continue;
      if (sample.status != Status::ok) {
        first = sample;
      } else if (sample.values != first.values || sample.counters != first.counters) {
        first.status = Status::unstable;
        first.reason = "two restores of one state differ";
      }
    }
  }
  return merged;
}

nlohmann::json cell_states(const std::vector<PlannedUnit>& plan,
                           const std::vector<Sample>& samples) {
  const Labels labels = labels_of(plan);
  std::map<Cell, Status> states;
  for (const Sample& sample : samples) {
    const auto [entry, is_new] =
        states.try_emplace(planned_cell(sample.cell, labels), sample.status);
    if (!is_new) entry->second = worse(entry->second, sample.status);
  }
  nlohmann::json cells = nlohmann::json::array();
  std::map<Cell, bool> listed;
  for (const PlannedUnit& unit : plan) {
    for (const PlannedCell& planned : unit.cells) {
      if (!listed.try_emplace(planned.cell, true).second) continue;
      const auto state = states.find(planned.cell);
      cells.push_back({{"experiment", planned.cell.experiment},
                       {"mechanism", planned.cell.mechanism},
                       {"workload", planned.cell.workload},
                       {"params", to_string(planned.cell.params)},
                       {"required", planned.must_be_ok},
                       {"status", state == states.end() ? "missing" : to_string(state->second)}});
    }
  }
  return cells;
}

bool acceptable(const nlohmann::json& cells) {
  for (const auto& cell : cells) {
    const std::string status = cell.at("status");
    const bool fine = status == "ok" || status == "unstable" ||
                      (status == "skipped" && !cell.at("required").get<bool>());
    if (!fine) return false;
  }
  return true;
}

}  // namespace osext
