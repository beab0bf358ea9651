// SPDX-License-Identifier: GPL-2.0
// Every output of two fixed runs, byte for byte.  OSEXT_UPDATE_GOLDENS=1 writes the golden files
// instead (and fails, so that nobody runs the tests this way by mistake).
#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "report/report.h"
#include "tests/report/support.h"

namespace osext::report_tests {
namespace {

void expect_golden(const std::string& name, const std::string& text) {
  const fs::path golden = fs::path(OSEXT_REPORT_TESTS) / "golden" / name;
  if (std::getenv("OSEXT_UPDATE_GOLDENS")) {
    fs::create_directories(golden.parent_path());
    write_text(golden, text);
    ADD_FAILURE() << "wrote " << name;
    return;
  }
  EXPECT_EQ(read_text(golden), text) << name;
}

// Plots look different with every release of gnuplot.
std::string without_plots(std::string page) {
  for (std::size_t at = 0; (at = page.find("<svg", at)) != page.npos;) {
    const std::size_t end = page.find("</svg>", at);
    if (end == page.npos) break;
    page.replace(at, end - at, "<svg>");
    at += 1;
  }
  return page;
}

// All files below `folder` but the inputs, sorted.
std::vector<std::string> outputs(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const std::string name = fs::relative(entry.path(), folder).string();
    if (name != "run.json" && name != "samples.jsonl") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void check_run(const std::string& run, const fs::path& folder) {
  for (const std::string& name : outputs(folder)) {
    if (name.ends_with(".svg")) continue;
    const std::string text = read_text(folder / name);
    expect_golden(run + "/" + name, name.ends_with(".html") ? without_plots(text) : text);
  }
}

TEST(Golden, EveryFileOfASimulatedRun) {
  TemporaryFolder folder;
  copy_run("sim", folder.path());
  const ReportSummary summary = write_report(folder.path());
  EXPECT_EQ(summary.files, outputs(folder.path()));
  EXPECT_EQ(summary.plot_missing, "");
  check_run("sim", folder.path());
}

TEST(Golden, EveryFileOfANativeRun) {
  TemporaryFolder folder;
  copy_run("native", folder.path());
  const ReportSummary summary = write_report(folder.path());
  EXPECT_EQ(summary.files, outputs(folder.path()));
  check_run("native", folder.path());
}

TEST(Golden, EveryFileOfARunWhoseRowsAreTimes) {
  TemporaryFolder folder;
  copy_run("timers", folder.path());
  const ReportSummary summary = write_report(folder.path());
  EXPECT_EQ(summary.files, outputs(folder.path()));
  EXPECT_EQ(summary.plot_missing, "");
  check_run("timers", folder.path());
  // Nobody may take these times for a clock's on hardware.
  for (const char* name : {"plots/event_interarrival.svg", "plots/nanosleep_jitter.svg"})
    EXPECT_NE(read_text(folder.path() / name).find("Time is virtual"), std::string::npos) << name;
}

TEST(Golden, EveryFileOfARunWhoseRowsAreCurves) {
  TemporaryFolder folder;
  copy_run("working_set", folder.path());
  const ReportSummary summary = write_report(folder.path());
  EXPECT_EQ(summary.files, outputs(folder.path()));
  EXPECT_EQ(summary.plot_missing, "");
  check_run("working_set", folder.path());
  const std::string zen3 = read_text(folder.path() / "plots/working_set_zen3.svg");
  EXPECT_NE(zen3.find("no PCID"), std::string::npos);
  const std::string pentium4 = read_text(folder.path() / "plots/working_set_pentium4.svg");
  for (const char* text : {"(a) cycles, data pages", "(c) TLB misses at user level, code pages",
                           "paper: i-TLB of 128", "paper: Hijack, 6 misses", "modelled"})
    EXPECT_NE(pentium4.find(text), std::string::npos) << text;
}

TEST(Golden, Terminal) {
  std::ostringstream plain, coloured;
  print_report(data_folder("sim"), plain, 100);
  print_report(data_folder("native"), coloured, 80, true);
  expect_golden("terminal-sim-100.txt", plain.str());
  expect_golden("terminal-native-80-colours.txt", coloured.str());
}

TEST(Golden, Comparison) {
  std::ostringstream out;
  compare(data_folder("sim"), data_folder("native"), out, 100);
  expect_golden("compare.txt", out.str());
}

// The same inputs give the same bytes, in another folder and over an older report.
TEST(Report, IsReproducible) {
  TemporaryFolder first, second;
  copy_run("sim", first.path());
  copy_run("sim", second.path());
  write_report(first.path());
  write_report(second.path());
  write_report(second.path());
  const std::vector<std::string> names = outputs(first.path());
  EXPECT_EQ(names, outputs(second.path()));
  EXPECT_GE(names.size(), 16u);
  for (const std::string& name : names) {
    const std::string text = read_text(first.path() / name);
    EXPECT_EQ(text, read_text(second.path() / name)) << name;
    EXPECT_EQ(text.find(first.path().string()), text.npos) << name << " names its folder";
  }
}

TEST(Report, CountsCellsByTheirWorstState) {
  TemporaryFolder folder;
  copy_run("sim", folder.path());
  const ReportSummary summary = write_report(folder.path());
  EXPECT_EQ(summary.cells.at(Status::unstable), 1);
  EXPECT_EQ(summary.cells.at(Status::skipped), 1);
  EXPECT_EQ(summary.cells.at(Status::failed), 1);
  EXPECT_EQ(summary.cells.at(Status::timeout), 2);
  EXPECT_EQ(summary.cells.at(Status::crashed), 1);
  EXPECT_GT(summary.cells.at(Status::ok), 10);
  EXPECT_GT(summary.claims_hold, 0);
  EXPECT_GT(summary.claims_fail, 0);
  EXPECT_GT(summary.claims_untestable, 0);
}

// Every figure of the terminal's table stands in the other formats, too.
TEST(Report, FormatsAgree) {
  TemporaryFolder folder;
  copy_run("sim", folder.path());
  write_report(folder.path());
  for (const char* name :
       {"tables/primitive_cost.txt", "tables/primitive_cost.md", "tables/primitive_cost.csv",
        "tables/primitive_cost.tex", "report.html"}) {
    const std::string text = read_text(folder.path() / name);
    for (const char* figure : {"14210", "33.05", "33.72", "43.40", "77.77", "1301", "crashed"}) {
      EXPECT_NE(text.find(figure), text.npos) << figure << " is missing in " << name;
    }
  }
}

}  // namespace
}  // namespace osext::report_tests
