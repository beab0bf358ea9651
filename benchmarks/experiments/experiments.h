// SPDX-License-Identifier: GPL-2.0
// The experiments, one file each.
#pragma once

#include "benchmarks/experiment.h"

namespace osext {

Experiment primitive_cost();
Experiment tlb_working_set();
Experiment event_interarrival();
Experiment nanosleep_jitter();
Experiment udp_qos();
Experiment syscall_tracing();
Experiment cpu_service();
Experiment extension_abort();

// background=0..4: how many CPU-bound tasks run beside what is measured.
std::vector<Params> background_tasks();

}  // namespace osext
