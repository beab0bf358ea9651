// SPDX-License-Identifier: GPL-2.0
// What the report says about experiment syscall_tracing: what each tracer costs a call and a
// program, and how much slower both are than without one.
#pragma once

#include <span>

#include "report/reference.h"
#include "report/section.h"
#include "report/series.h"

namespace osext::report {

Section syscall_tracing_section(const RunInfo& info, std::span<const Block> blocks,
                                const References& references);

}  // namespace osext::report
