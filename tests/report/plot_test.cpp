// SPDX-License-Identifier: GPL-2.0
// The figure of ratios: its structure, and a computer without gnuplot.
#include "report/plot.h"

#include <cstdlib>
#include <optional>

#include "report/report.h"
#include "tests/report/support.h"

namespace osext::report {
namespace {

using namespace report_tests;

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++found;
  return found;
}

// Sets PATH for as long as it lives.
class PathIs {
 public:
  explicit PathIs(const char* path) {
    if (const char* old = std::getenv("PATH")) old_ = old;
    setenv("PATH", path, 1);
  }
  ~PathIs() { setenv("PATH", old_.c_str(), 1); }

 private:
  std::string old_;
};

TEST(Plot, ShowsEveryBarWithItsValueAndSaysWhatItIs) {
  TemporaryFolder folder;
  copy_run("sim", folder.path());
  ASSERT_EQ(write_report(folder.path()).plot_missing, "");
  const std::string svg = read_text(folder.path() / "plots/ratios.svg");
  EXPECT_TRUE(svg.starts_with("<?xml"));
  EXPECT_NE(svg.find("</svg>"), svg.npos);
  for (const char* text :
       {"hijack trap", "hijack interpose", "ptrace interpose", "linux rpc_peer", ">paper<",
        ">slides<", "osext, modelled, pentium4", "osext, modelled, zen3", "log scale",
        "machine sim, kernel 6.12", "no PCID", ">6.74<", ">10.42<", ">77.77<", ">0.75<"}) {
    EXPECT_NE(svg.find(text), svg.npos) << text;
  }
  // Okabe and Ito's colours, one a series.
  for (const char* colour : {"153, 153, 153", " 86, 180, 233", "213,  94,   0", "  0, 158, 115"}) {
    EXPECT_GT(count(svg, colour), 0u) << colour;
  }
  EXPECT_FALSE(fs::exists(folder.path() / "plots/.ratios.gp"));
  EXPECT_FALSE(fs::exists(folder.path() / "plots/.ratios.log"));
}

TEST(Plot, RowsWithoutAFigureStillShowThePapers) {
  const auto samples = std::vector{make_sample("linux", "null_syscall", "", "cycles", {100}),
                                   make_sample("hijack", "rpc", "save=full", "", {})};
  const auto series = collect_series(samples);
  const auto blocks = make_blocks(series, "primitive_cost");
  RunInfo info;
  info.machine = "native";
  info.kernel = "6.1";
  const RatioPlot plot = ratio_plot(info, blocks, References::built_in());
  EXPECT_EQ(plot.groups, 1u);
  EXPECT_NE(plot.data.find("\"hijack rpc\" 6.74 10.42 ?\n"), plot.data.npos) << plot.data;
  TemporaryFolder folder;
  write_text(folder.path() / "ratios.dat", plot.data);
  EXPECT_EQ(draw(ratio_figure(plot), folder.path()), "");
}

TEST(Plot, WithoutGnuplotTheTablesAreThereAndTheRemedyIsSaid) {
  TemporaryFolder folder, empty;
  copy_run("sim", folder.path());
  fs::create_directories(folder.path() / "plots");
  write_text(folder.path() / "plots/ratios.svg", "of an earlier report");
  std::optional<PathIs> path(empty.path().c_str());
  const ReportSummary summary = write_report(folder.path());
  path.reset();
  EXPECT_NE(summary.plot_missing.find("gnuplot is not installed"), std::string::npos);
  EXPECT_NE(summary.plot_missing.find("apt install"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder.path() / "plots/ratios.svg"));
  EXPECT_TRUE(fs::exists(folder.path() / "plots/ratios.dat"));
  EXPECT_TRUE(fs::exists(folder.path() / "tables/primitive_cost.txt"));
  const std::string page = read_text(folder.path() / "report.html");
  EXPECT_NE(page.find("gnuplot is not installed"), page.npos);
}

TEST(Plot, ABrokenGnuplotIsReported) {
  TemporaryFolder folder, programs;
  copy_run("sim", folder.path());
  write_text(programs.path() / "gnuplot", "#!/bin/sh\necho 'no such terminal' >&2\nexit 3\n");
  fs::permissions(programs.path() / "gnuplot", fs::perms::owner_all);
  std::optional<PathIs> path(programs.path().c_str());
  const std::string reason = write_report(folder.path()).plot_missing;
  path.reset();
  EXPECT_NE(reason.find("gnuplot failed: no such terminal"), reason.npos) << reason;
}

TEST(Plot, StringsCannotEscapeTheirQuotes) {
  EXPECT_EQ(gnuplot_string("it's `id`\n$x"), "'it''s `id` $x'");
}

}  // namespace
}  // namespace osext::report
