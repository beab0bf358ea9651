// SPDX-License-Identifier: GPL-2.0
// The cells of udp_qos, whatever mechanism schedules the tasks: the card's module for the length of
// a cell, the plan from the cell's parameters, the figures as the cell's report.
//
// policy=same_prio and diff_prio are Linux's, by SCHED_RR; policy=uls and policy=safex have the
// scheduling of same_prio, and `refused` says how many packets an extension dropped.  With any
// other the tasks keep the scheduling of their parent, and `enter` hands each of them to what
// schedules it.
#pragma once

#include <cstdint>
#include <functional>

#include "benchmarks/mechanism.h"

namespace osext {

void measure_udp_stream(const PlannedCell& plan, const Environment& env, Sampler& sampler,
                        const std::function<void()>& enter = {},
                        const std::function<std::uint64_t(int task)>& refused = {});
void measure_nic_receive(const PlannedCell& plan, const Environment& env, Sampler& sampler);

}  // namespace osext
