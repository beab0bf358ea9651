// SPDX-License-Identifier: GPL-2.0
// The figure of ratios: the papers' beside ours, one group of bars an operation.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "report/gnuplot.h"
#include "report/reference.h"
#include "report/run.h"
#include "report/series.h"

namespace osext::report {

// What gnuplot reads (plots/ratios.dat), and the texts that plots/ratios.gp expects.  The rows are
// those of the run that a document has a ratio for, the cheapest there first.
struct RatioPlot {
  std::string data;
  std::string title;
  std::string subtitle;  // machine, kernel, modelled or measured
  std::vector<std::string> notes;
  std::vector<std::string> series;  // legends: paper, slides, then one a block
  std::size_t groups = 0;           // operations
};
RatioPlot ratio_plot(const RunInfo& info, std::span<const Block> blocks,
                     const References& references);

// What gnuplot draws from it: plots/ratios.svg.
Figure ratio_figure(const RatioPlot& plot);

}  // namespace osext::report
