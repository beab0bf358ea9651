// SPDX-License-Identifier: GPL-2.0
// The plan of a run: which units there are, in which order, and what each one
// must deliver.  A unit is experiment x mechanism x profile, and the words that the
// kernel was booted with: one restore of the machine, so that everything a ratio needs
// is measured in the same run.  Where no profile has a say there is one unit for all.
#pragma once

#include <string>
#include <vector>

#include "benchmarks/experiment.h"
#include "benchmarks/run/options.h"

namespace osext {

struct PlannedUnit {
  std::string experiment;
  std::string mechanism;
  std::string profile;  // "" where nothing is modelled
  std::string boot;     // more words for the kernel that it needs, "" = none
  std::vector<PlannedCell> cells;

  // File name and label: "primitive_cost.hijack.zen3", "nanosleep_jitter.linux.highres=off".
  std::string name() const;
};

// Profiles that a mechanism's cells of an experiment are measured under: those of the run and,
// unless the user chose, what the experiment adds; or "" alone where the experiment only reports
// values by the guest's clock.
std::vector<std::string> profiles_of(const Experiment& experiment, const std::string& mechanism,
                                     const RunOptions& options);

// Profiles that a run on this machine charges cycles by, in order; the first is the headline.
std::vector<std::string> profiles_of(const RunOptions& options);

// Throws std::runtime_error with a sentence for the user if a name is unknown or
// nothing is left to measure.
std::vector<PlannedUnit> make_plan(const RunOptions& options);

// The matrix as --list prints it: every cell, and why the empty ones are empty.
std::string list_plan(const RunOptions& options);

}  // namespace osext
