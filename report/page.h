// SPDX-License-Identifier: GPL-2.0
// report.html: one page that needs nothing beside itself, no script and no network.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "report/run.h"
#include "report/series.h"
#include "report/table.h"

namespace osext::report {

struct PageInput {
  const RunInfo* info = nullptr;
  const std::vector<Block>* blocks = nullptr;
  std::vector<Table> headline, detail, claims;  // one a block
  std::string svg;                              // the plot, "" if there is none
  std::string plot_missing;                     // then: why
  std::map<Status, int> cells;
  int claims_hold = 0, claims_fail = 0, claims_untestable = 0;
};

std::string render_page(const PageInput& input);

}  // namespace osext::report
