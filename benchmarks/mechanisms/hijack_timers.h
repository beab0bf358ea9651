// SPDX-License-Identifier: GPL-2.0
// Rows of timers under Hijack (paper, 3.2): an executive of highest priority that receives a
// periodic event itself, or keeps the time of a guest that sleeps, beside CPU-bound guests.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "measure/sampler.h"
#include "workloads/nanosleep.h"

namespace osext {

// Each starts an executive of its own, so none may be running; the module is loaded.  They report
// what the workload of that name reports on Linux.  Throw std::runtime_error.
void hijack_signal_interval(Sampler& sampler, const std::string& executive_file,
                            unsigned background, std::chrono::milliseconds window);
void hijack_nanosleep(Sampler& sampler, const std::string& executive_file,
                      const std::string& policy, const Nanosleep& wanted);

}  // namespace osext
