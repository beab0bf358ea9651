// SPDX-License-Identifier: GPL-2.0
// SafeX on system-call events: the cells of interpose and syscall_tracing, and of a call beside a
// process that is watched.
#pragma once

#include "benchmarks/mechanism.h"
#include "kmod_safex/host/safex.h"

namespace osext {

void measure_safex_interposition(const PlannedCell& plan, Sampler& sampler,
                                 const SafexReservation& reservation);
void measure_safex_tracing(const PlannedCell& plan, Sampler& sampler,
                           const SafexReservation& reservation);
void measure_beside_watched(const PlannedCell& plan, Sampler& sampler,
                            const SafexReservation& reservation);

}  // namespace osext
