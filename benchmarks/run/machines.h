// SPDX-License-Identifier: GPL-2.0
// The machines of a run, one for each profile (a profile is an option of the
// counting plugin), and the unit as they take it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "benchmarks/run/options.h"
#include "benchmarks/run/place.h"
#include "benchmarks/run/plan.h"
#include "machine/machine.h"

namespace osext {

using Machines = std::map<std::string, std::unique_ptr<Machine>>;  // by profile, "" if none

// Boots or finds what is needed; throws MachineError.
Machines make_machines(const RunOptions& options, const Place& place);

// What the machine is asked to do for a planned unit.
Unit make_unit(const PlannedUnit& planned, const RunOptions& options, const Place& place);

}  // namespace osext
