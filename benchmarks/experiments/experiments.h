// SPDX-License-Identifier: GPL-2.0
// The experiments, one file each.
#pragma once

#include "benchmarks/experiment.h"

namespace osext {

Experiment primitive_cost();
Experiment tlb_working_set();

}  // namespace osext
