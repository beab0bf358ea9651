// SPDX-License-Identifier: GPL-2.0
// The section of experiment udp_qos: the Hijack paper's figures 8, 9 and 10 and the tables behind
// them, one of each for the paper's streams and for the slides'.
#pragma once

#include <span>

#include "report/reference.h"
#include "report/section.h"
#include "report/series.h"

namespace osext::report {

Section udp_qos_section(const RunInfo& info, std::span<const Block> blocks,
                        const References& references);

}  // namespace osext::report
