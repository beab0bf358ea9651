// SPDX-License-Identifier: GPL-2.0
// Cells whose caller uses so many pages before each call (tlb_working_set; Hijack paper, figure 4).
#pragma once

#include <string>

#include "benchmarks/mechanism.h"
#include "workloads/working_set.h"

namespace osext {

inline constexpr std::int64_t kMessageBytes = 4;

// Does it ask for a walk through the caller's pages?  kind=executive is about somebody else's.
inline bool has_working_set(const Cell& cell) {
  const auto kind = cell.params.find("kind");
  return kind != cell.params.end() && kind->second != "executive";
}

// The fact by which a mechanism says that it walks; a cell without it fails.
inline constexpr const char* kStrideFact = "stride_bytes";

// Calls use(walk) with the walk of the cell's working set, if it has one.
template <class Use>
void with_working_set(const PlannedCell& plan, Sampler& sampler, const Use& use) {
  if (!has_working_set(plan.cell)) return use(NoWalk{});
  const Params& params = plan.cell.params;
  const WorkingSet set(parse_page_kind(params.at("kind")), std::stoul(params.at("pages")));
  sampler.fact(kStrideFact, WorkingSet::kStrideBytes);
  sampler.fact("message_bytes", kMessageBytes);
  set.visit(use);
}

}  // namespace osext
