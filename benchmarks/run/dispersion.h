// SPDX-License-Identifier: GPL-2.0
// How much a measured figure may scatter before the report calls it unstable.
#pragma once

#include <vector>

#include "measure/sample.h"

namespace osext {

// The bound: the middle half of a series' values (75th less 25th percentile), in
// percent of their median.
inline constexpr int dispersion_limit_percent = 25;

// Marks `ok` series of real time or cycles beyond the bound as unstable, with the
// reason.  For machines that measure (kvm, native); on the simulated one figures
// do not scatter by chance.  Values are kept as they are.
void mark_dispersion(std::vector<Sample>& samples);

}  // namespace osext
