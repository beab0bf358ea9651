// SPDX-License-Identifier: GPL-2.0
// The cells of cpu_service, whatever manages the tasks: the workload, and its figures as the cell's
// report.
#pragma once

#include "benchmarks/mechanism.h"
#include "workloads/cpu_manager.h"

namespace osext {

// `manager` nullptr: nobody manages the tasks.
void measure_cpu_service(const PlannedCell& plan, const Environment& env, Sampler& sampler,
                         CpuManager* manager);

// OSEXT_CPU_PID_... of the cell's parameter `pid`.
unsigned pid_form_of(const Params& params);

}  // namespace osext
