// SPDX-License-Identifier: GPL-2.0
// Two runs side by side: how far a model's ratios are from hardware's.
#pragma once

#include "report/run.h"
#include "report/series.h"
#include "report/table.h"

namespace osext::report {

// Rows with cycles in both blocks; the rows of only one of them are named beneath.
Table comparison_table(const RunInfo& info_a, const Block& a, const RunInfo& info_b,
                       const Block& b);

}  // namespace osext::report
