// SPDX-License-Identifier: GPL-2.0
// How a row that has no figures says so.
#pragma once

#include <string>

#include "report/series.h"
#include "report/table.h"

namespace osext::report {

// "failed", in the place of the first figure; a row that was skipped is nothing to worry about.
Value status_value(const Measured& row);

// "failed - the reason", or "failed" where none is known.
std::string status_text(const Measured& row);

}  // namespace osext::report
