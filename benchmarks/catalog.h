// SPDX-License-Identifier: GPL-2.0
// The catalog: every experiment, every mechanism, and the cells that their product gives.  Plain
// data, so the host plans with it what the runner inside a machine then measures.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/experiment.h"

namespace osext {

const std::vector<Experiment>& experiments();
const std::vector<MechanismInfo>& mechanisms();

// By id; throw std::invalid_argument that lists the ids there are.
const Experiment& find_experiment(std::string_view id);
const MechanismInfo& find_mechanism(std::string_view id);

struct PlanOptions {
  MachineId machine = MachineId::sim;
  std::uint64_t operations = 10000;    // of each per-operation series
  std::uint64_t warmup = 100;          // operations before them
  bool full = false;                   // its own extents and rows of a full run
  bool modules = true;                 // kernel modules may be loaded there
  std::vector<std::string> only = {};  // workloads; empty = all
};

// The cells of one experiment and one mechanism, those with Phase::bare first, as they are
// measured; within a phase the runner draws the order by the seed.  Empty when the mechanism offers
// nothing that the experiment asks for.
std::vector<PlannedCell> plan_cells(const Experiment& experiment, const MechanismInfo& mechanism,
                                    const PlanOptions& options);

// The words on the kernel's command line that a cell's parameters ask for ("highres=off"), or "":
// parameters of the machine, which no program can set once the kernel has booted.
std::string boot_words(const Params& params);

// True if every row reports values by the guest's clock: no profile has a say in them.
bool only_reports(const Experiment& experiment);

// A workload that makes no sense with a mechanism, and why.
struct Gap {
  std::string mechanism;
  std::string workload;
  std::string reason;
};
std::vector<Gap> gaps(const Experiment& experiment);

}  // namespace osext
