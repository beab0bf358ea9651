// SPDX-License-Identifier: GPL-2.0
// Rows of udp_qos under ULS: an extension classifies and counts packets as they arrive (slides,
// asynchronous I/O), in whatever task runs.
#pragma once

#include "benchmarks/mechanism.h"

namespace osext {

// The module is loaded.  The tasks have one priority, as with policy=same_prio, and are hosts.  The
// extension is told of each packet before the kernel looks for its socket, and cannot drop it: what
// the row shows is what telling costs.  Throws std::runtime_error.
void measure_uls_packets(const PlannedCell& plan, const Environment& env, Sampler& sampler);

}  // namespace osext
