// SPDX-License-Identifier: GPL-2.0
// extension_abort under ULS: an extension in the sandbox that a host calls, and that never returns,
// or does at once.
#pragma once

#include "benchmarks/mechanism.h"

namespace osext {

void measure_uls_aborts(const PlannedCell& plan, Sampler& sampler);

}  // namespace osext
