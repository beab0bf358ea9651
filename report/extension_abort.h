// SPDX-License-Identifier: GPL-2.0
// What the report says about experiment extension_abort: how far past its budget a runaway
// extension got, and how soon the program went on that had called it.
#pragma once

#include <span>

#include "report/reference.h"
#include "report/section.h"
#include "report/series.h"

namespace osext::report {

Section extension_abort_section(const RunInfo& info, std::span<const Block> blocks,
                                const References& references);

}  // namespace osext::report
