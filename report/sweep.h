// SPDX-License-Identifier: GPL-2.0
// Sweeps: rows that differ in one number (pages=0, pages=16, ...), as curves.  Tables, figures and
// claims about the shape of a curve are made from them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/number.h"
#include "report/series.h"

namespace osext::report {

// "misses" is what no row has by itself: instruction and data TLB misses together.
std::optional<Fixed> median_of(const Measured& row, std::string_view metric);

// The median; or what else a metric's name begins with: "mean jitter_ns", "max jitter_ns".
std::optional<Fixed> figure_of(const Measured& row, std::string_view metric);
std::string_view without_statistic(std::string_view metric);

// The rows of one curve by their number.
struct Curve {
  std::string mechanism;
  std::string workload;
  Params params;  // common to all, without the number
  std::map<std::uint64_t, const Measured*> points;

  // What is usable of it; `metric` as in figure_of().
  std::map<std::uint64_t, Fixed> values(std::string_view metric) const;
};

// Every curve of the block along the parameter `along`, in order of first appearance.  Rows without
// it, or with something else than a number there, belong to none.
std::vector<Curve> curves(const Block& block, const std::string& along);

}  // namespace osext::report
