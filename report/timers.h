// SPDX-License-Identifier: GPL-2.0
// Sections of event_interarrival (figure 5 of the Hijack paper) and nanosleep_jitter (figure 6).
#pragma once

#include <span>

#include "report/section.h"

namespace osext::report {

Section event_interarrival_section(const RunInfo& info, std::span<const Block> blocks,
                                   const References& references);
Section nanosleep_jitter_section(const RunInfo& info, std::span<const Block> blocks,
                                 const References& references);

}  // namespace osext::report
