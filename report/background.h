// SPDX-License-Identifier: GPL-2.0
// Experiments beside CPU-bound tasks: a table and a figure of what was measured with 0, 1, ... of
// them (parameter background), one line a way of doing it.  Figures 5 and 6 of the Hijack paper.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/gnuplot.h"
#include "report/run.h"
#include "report/sweep.h"
#include "report/table.h"

namespace osext::report {

// "Linux, SCHED_RR, sleeping receiver": for people.
std::string title_of(const Curve& curve);

// A figure as the table shows it: `metric` (sweep.h) over `unit_ops` of its own unit.
struct Shown {
  std::string metric;
  std::string id;    // of the columns in CSV
  std::string band;  // their common heading: "mean, ms"
  std::uint64_t unit_ops = 1;
};

// One line a curve, for each of `shown` one column a number of tasks.  `lead` follows the sentence
// on where times come from.
Table background_table(const RunInfo& info, const std::string& id, const std::string& title,
                       const std::vector<std::string>& lead, std::span<const Curve> curves,
                       std::span<const Shown> shown);

// The same of one metric, as lines over the number of tasks.  `axis` names metric and unit.
Figure background_figure(const RunInfo& info, const std::string& name, const std::string& title,
                         const std::string& axis, std::span<const Curve> curves,
                         const Shown& shown);

}  // namespace osext::report
