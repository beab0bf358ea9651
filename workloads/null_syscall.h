// SPDX-License-Identifier: GPL-2.0
// null_syscall: getppid(), the papers' "system call".
// overhead: nothing between the marks; what measuring itself costs.
#pragma once

#include "measure/sampler.h"
#include "workloads/working_set.h"

namespace osext {

// Expected magnitude: 330 instructions on Linux 6.12, 430 cycles on the papers' Pentium 4.
// Confounders: LSM, mitigations, seccomp, auditing.  Throws what Sampler::measure throws.
void null_syscall(Sampler& sampler, const Series& series);

// The same with a walk through `set` before each call, inside the marks.
void null_syscall(Sampler& sampler, const Series& series, const WorkingSet& set);

// Expected magnitude: the one or two instructions of the marks; some tens of TSC cycles.
void overhead(Sampler& sampler, const Series& series);

}  // namespace osext
