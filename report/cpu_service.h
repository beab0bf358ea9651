// SPDX-License-Identifier: GPL-2.0
// What the report says about experiment cpu_service: how near to their targets each manager kept
// the tasks, and the shares over time.
#pragma once

#include <span>

#include "report/reference.h"
#include "report/section.h"
#include "report/series.h"

namespace osext::report {

Section cpu_service_section(const RunInfo& info, std::span<const Block> blocks,
                            const References& references);

}  // namespace osext::report
