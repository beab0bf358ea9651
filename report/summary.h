// SPDX-License-Identifier: GPL-2.0
// tables/summary.csv: every series of every experiment, one line each.
#pragma once

#include <span>

#include "report/run.h"
#include "report/series.h"
#include "report/table.h"

namespace osext::report {

// Columns and their order are a contract; rows are in the order of the samples.
Table summary_table(const RunInfo& info, std::span<const Series> series);

}  // namespace osext::report
