// SPDX-License-Identifier: GPL-2.0
// From a run directory to what people read.  Everything here is derived from run.json and
// samples.jsonl alone: the same two files give the same bytes, on any computer, with no machine.
#pragma once

#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "measure/sample.h"

namespace osext {

struct ReportSummary {
  std::vector<std::string> files;  // written, relative to the run directory
  std::map<Status, int> cells;     // how many cells ended in which state (the worst of its metrics)
  int claims_hold = 0;             // over all profiles
  int claims_fail = 0;
  int claims_untestable = 0;
  std::string plot_missing;  // "" or why there is no plot, with the remedy
};

// Writes tables/, plots/ and report.html into `run_dir`; each file is replaced at once.  Throws
// std::runtime_error, with nothing written, if the inputs cannot be read or are wrong.  A missing
// gnuplot is no error: the summary says so, and a plot of an earlier report is removed.
ReportSummary write_report(const std::filesystem::path& run_dir);

// The headline tables and the claims, for a terminal of `width` columns.  Reads only.  Throws like
// write_report.
void print_report(const std::filesystem::path& run_dir, std::ostream& out, std::size_t width = 100,
                  bool colours = false);

// For each row measured in both runs: the ratio to the plain system call of each, and the quotient
// of the two (model over hardware, if A is of the simulated machine and B is native).  One table a
// pair of profiles.  Reads only.  Throws like write_report.
void compare(const std::filesystem::path& run_a, const std::filesystem::path& run_b,
             std::ostream& out, std::size_t width = 100, bool colours = false);

}  // namespace osext
