// SPDX-License-Identifier: GPL-2.0
// From the samples of all units, in plan order, to the samples of the run.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "benchmarks/run/plan.h"
#include "measure/sample.h"

namespace osext {

// Metrics that no profile models (instructions, system calls, ...) are measured
// once for each profile, from separate restores of one state: they must be
// equal.  Keeps the first; where another differs it becomes `unstable` with a
// reason.
std::vector<Sample> merge_restores(const std::vector<std::vector<Sample>>& units);

// What run.json says of each cell: its state, and whether another state than ok
// fails the run.
nlohmann::json cell_states(const std::vector<PlannedUnit>& plan,
                           const std::vector<Sample>& samples);

// True if every cell is ok, unstable, or skipped for a reason that the catalog
// foresees on this machine.
bool acceptable(const nlohmann::json& cell_states);

}  // namespace osext
