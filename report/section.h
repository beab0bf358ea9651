// SPDX-License-Identifier: GPL-2.0
// Section: what one experiment contributes to a report, besides primitive_cost, whose tables
// (headline, distributions) and figure stand first.
//
// An experiment's file builds its section from the rows of the run; sections.cpp lists the
// builders. report.cpp writes the tables in every format and draws the figures, page.cpp shows
// them.
#pragma once

#include <string>
#include <vector>

#include "report/gnuplot.h"
#include "report/reference.h"
#include "report/run.h"
#include "report/series.h"
#include "report/table.h"

namespace osext::report {

struct Section {
  std::string experiment;       // its id; the anchor on the page
  std::string title;            // its heading
  std::vector<Table> tables;    // those with one id are the blocks of one: tables/ID.*
  std::vector<Figure> figures;  // plots/NAME.*
};

// One section for each experiment of the run that has a builder, in the order of the list.
std::vector<Section> make_sections(const RunInfo& info, const Blocks& blocks,
                                   const References& references);

}  // namespace osext::report
