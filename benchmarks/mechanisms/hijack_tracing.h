// SPDX-License-Identifier: GPL-2.0
// Rows of syscall_tracing under Hijack: a guest of the executive with policy `trace`.
#pragma once

#include <string>

#include "benchmarks/experiment.h"
#include "measure/sampler.h"

namespace osext {

// With an executive of its own, so none may be running; the module is loaded.  Its lines go to
// /dev/null.  Throws std::runtime_error.
void measure_hijack_tracing(const PlannedCell& plan, Sampler& sampler,
                            const std::string& executive_file);

}  // namespace osext
