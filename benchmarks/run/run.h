// SPDX-License-Identifier: GPL-2.0
// One run: plan, machine, units, samples, report.
#pragma once

#include "benchmarks/run/options.h"
#include "benchmarks/run/place.h"

namespace osext {

// Runs what the options ask for and prints the tables.  Returns the exit status:
// 0 if every cell is ok, or skipped where the catalog foresees it; else 1.
// Throws std::runtime_error with a sentence for the user when nothing can be run.
int run(const RunOptions& options, const Place& place);

}  // namespace osext
