// SPDX-License-Identifier: GPL-2.0
// report.html: one page that needs nothing beside itself, no script and no network.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "report/run.h"
#include "report/section.h"
#include "report/series.h"
#include "report/table.h"

namespace osext::report {

// A figure as it stands on the page.
struct Drawing {
  std::string svg;      // "" if there is none
  std::string missing;  // then: why
};

struct PageInput {
  const RunInfo* info = nullptr;
  std::span<const Block> blocks;  // of primitive_cost
  std::span<const Section> sections;
  std::vector<std::string> profiles;            // of all rows
  std::map<std::string, Drawing> drawings;      // by the figure's name
  std::vector<Table> headline, detail, claims;  // one a block
  std::map<Status, int> cells;
  int claims_hold = 0, claims_fail = 0, claims_untestable = 0;
};

std::string render_page(const PageInput& input);

}  // namespace osext::report
