// SPDX-License-Identifier: GPL-2.0
// The counter ring taken apart into series of operations.
#pragma once

#include <osext/counters.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "measure/series.h"

namespace osext {

// The entries between two SERIES markers.
using RingSeries = std::span<const osext_counters>;

// Throws std::runtime_error when the ring itself is damaged: an entry missing in the sequence, or
// an operation that is never recorded.  Entries before the first SERIES marker belong to no series.
std::vector<RingSeries> split_ring(std::span<const osext_counters> ring);

// What happened in each measured pair of a series, warm-up dropped: the end's counters minus the
// begin's.  Throws std::runtime_error unless the series has exactly the pairs that `wanted` says,
// BEGIN and END in turn, all recorded while the model watched, and no counter runs backwards.
std::vector<osext_counters> pair_deltas(RingSeries series, const Series& wanted);

}  // namespace osext
