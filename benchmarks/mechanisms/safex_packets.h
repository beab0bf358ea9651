// SPDX-License-Identifier: GPL-2.0
// SafeX on the arrival of packets (udp_qos, policy=safex): the tasks have one priority, and an
// extension accounts each packet in the bottom half where it came in, takes a token of its stream's
// reservation for it, or one of those that the link can spare, or drops it.
#pragma once

#include "benchmarks/mechanism.h"
#include "kmod_safex/host/safex.h"

namespace osext {

void measure_safex_packets(const PlannedCell& plan, const Environment& env, Sampler& sampler,
                           const SafexReservation& reservation);

}  // namespace osext
