// SPDX-License-Identifier: GPL-2.0
// Pinning: both sides of a measured operation share one CPU, as in the papers.
#pragma once

namespace osext {

// Pins the calling thread, and what it forks, to one of the CPUs it may use; returns its number.
// Throws std::system_error.
int pin_to_one_cpu();

}  // namespace osext
