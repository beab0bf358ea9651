// SPDX-License-Identifier: GPL-2.0
// The tables of experiment primitive_cost, one block a profile: the headline (what an operation
// costs beside the papers' figures), the detail (the distribution of every metric), and the counts
// that belong to cells.
#pragma once

#include <span>
#include <string>

#include "report/reference.h"
#include "report/run.h"
#include "report/series.h"
#include "report/table.h"

namespace osext::report {

Table headline_table(const RunInfo& info, const Block& block, const References& references);
Table detail_table(const RunInfo& info, const Block& block);

// "save=full;engine=entry" for people: "engine=entry save=full".
std::string variant_text(const Params& params);

// The row as the papers' data may name it: with its profile.
Cell reference_cell(const Measured& row, const std::string& profile);

}  // namespace osext::report
