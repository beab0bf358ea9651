// SPDX-License-Identifier: GPL-2.0
// The section of experiment tlb_working_set: the Hijack paper's figure 4 (a, b, c) and the table
// behind it, one of each a profile.
#pragma once

#include <span>

#include "report/reference.h"
#include "report/section.h"
#include "report/series.h"

namespace osext::report {

Section tlb_working_set_section(const RunInfo& info, std::span<const Block> blocks,
                                const References& references);

}  // namespace osext::report
