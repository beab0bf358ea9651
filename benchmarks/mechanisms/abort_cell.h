// SPDX-License-Identifier: GPL-2.0
// The cells of extension_abort, whatever aborts: a mechanism runs an extension once, and says when
// it was called, when it did its last instruction, and when the program that had called it went on.
#pragma once

#include <cstdint>
#include <functional>

#include "benchmarks/mechanism.h"

namespace osext {

// Time stamps (measure/tsc_probe.h), which any code can read.
struct ExtensionRun {
  std::uint64_t begin, last, back;
};

// `runaway`: runs an extension that never ends under that budget; throws std::runtime_error when it
// was not aborted for it.
void measure_runaway(const PlannedCell& plan, Sampler& sampler,
                     const std::function<ExtensionRun(std::uint64_t budget_ns)>& runaway);

// `call`: one call of an extension that returns at once, under that budget; `calls` of them stand
// behind one value.
void measure_in_budget(const PlannedCell& plan, Sampler& sampler,
                       const std::function<void(std::uint64_t calls)>& call);

// The cell's parameter budget_us, in nanoseconds.
std::uint64_t budget_ns_of(const Params& params);

}  // namespace osext
