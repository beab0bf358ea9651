// SPDX-License-Identifier: GPL-2.0
// Convert: what a unit left behind (raw records, counter ring, how it ended) becomes samples, at
// least one for every planned cell.  The host alone does this; a cell whose evidence is not
// consistent fails with a reason, and nothing is guessed.
#pragma once

#include <osext/counters.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "benchmarks/experiment.h"
#include "machine/sim/profile.h"
#include "measure/sample.h"

namespace osext {

struct UnitEvidence {
  std::string_view records;              // the record file's bytes
  std::span<const osext_counters> ring;  // empty where no plugin counts
  std::uint64_t ring_lost = 0;           // marks that found the ring full
  // How the unit ended: ok = its program ended by itself, else timeout or crashed with a reason.
  Status end = Status::ok;
  std::string end_reason;
};

struct Converted {
  std::vector<Sample> samples;                             // in the order of the plan
  std::vector<std::pair<std::string, std::string>> notes;  // as the runner wrote them
};

// `profile` charges cycles for what the plugin counted; nullptr where nothing is modelled.  Metrics
// in it get the parameter profile=NAME.  `exact`: also write the metrics that are the same under
// every profile (instructions, CR3 writes); say so for one profile of a run.
//
// A cell that is ok has one sample per metric and series; any other has one sample without a
// metric, with its status and reason.  Facts and the sums of system calls, SYSRETs and IRETs over
// the measured pairs stand in the samples' counters.  Values that a row reports itself pass through
// as they are, as do those of native; a planned metric that was not reported fails the cell.
Converted convert(const std::vector<PlannedCell>& plan, const UnitEvidence& evidence,
                  const Profile* profile, bool exact);

}  // namespace osext
