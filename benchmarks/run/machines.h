// SPDX-License-Identifier: GPL-2.0
// The machines of a run, one for each profile (a profile is an option of the
// counting plugin) and each kernel command line, and the unit as they take it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "benchmarks/run/options.h"
#include "benchmarks/run/place.h"
#include "benchmarks/run/plan.h"
#include "machine/machine.h"

namespace osext {

struct MachineKey {
  std::string boot;     // more words for the kernel, "" = none
  std::string profile;  // "" = no counting plugin
  auto operator<=>(const MachineKey&) const = default;
};
inline MachineKey machine_of(const PlannedUnit& unit) {
  return {unit.boot, unit.profile};
}

using Machines = std::map<MachineKey, std::unique_ptr<Machine>>;

// Boots or finds what the plan needs; throws MachineError.
Machines make_machines(const std::vector<PlannedUnit>& plan, const RunOptions& options,
                       const Place& place);

// What the machine is asked to do for a planned unit.
Unit make_unit(const PlannedUnit& planned, const RunOptions& options, const Place& place);

}  // namespace osext
