// SPDX-License-Identifier: GPL-2.0
// Wrong input: a clear error and nothing written; hostile text: harmless in every format.
#include <sstream>

#include "report/report.h"
#include "report/run.h"
#include "tests/report/support.h"

namespace osext::report_tests {
namespace {

constexpr const char* kRun = R"({"schema":"run/1","machine":"sim","kernel":{"name":"6.12"}})";

class Input : public testing::Test {
 protected:
  void write(const std::string& run, const std::string& samples) {
    write_text(folder_.path() / "run.json", run);
    write_text(folder_.path() / "samples.jsonl", samples);
  }
  std::string error() const {
    return error_of([&] { write_report(folder_.path()); });
  }
  bool wrote_nothing() const {
    return !fs::exists(folder_.path() / "tables") && !fs::exists(folder_.path() / "report.html") &&
           !fs::exists(folder_.path() / "plots");
  }
  TemporaryFolder folder_;
};

TEST_F(Input, MissingFileSaysWhatARunDirectoryHolds) {
  EXPECT_NE(error().find("run.json: cannot be read"), std::string::npos) << error();
  EXPECT_NE(error().find("samples.jsonl"), std::string::npos);
  EXPECT_TRUE(wrote_nothing());
}

TEST_F(Input, WrongRunJsonIsNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "no valid JSON"},
      {"{\"schema\":", "no valid JSON"},
      {"[]", "must be a JSON object"},
      {"{}", "'schema' is missing"},
      {R"({"schema":"run/2"})", "schema 'run/2' is not 'run/1'"},
      {R"({"schema":1})", "'schema' must be a string"},
      {R"({"schema":"run/1"})", "'machine' is missing"},
      {R"({"schema":"run/1","machine":"sim"})", "'kernel' must be an object"},
      {R"({"schema":"run/1","machine":"sim","kernel":"6.12"})", "'kernel' must be an object"},
      {R"({"schema":"run/1","machine":"sim","kernel":{}})", "'name' is missing"},
      {R"({"schema":"run/1","machine":"sim","kernel":{"name":"x"},"profiles":"p"})",
       "'profiles' must be a list"},
      {R"({"schema":"run/1","machine":"sim","kernel":{"name":"x"},"profiles":[1]})",
       "'profiles' must be a list"},
  };
  for (const auto& [text, message] : cases) {
    write(text, "");
    EXPECT_NE(error().find(message), std::string::npos) << text << " gives: " << error();
    EXPECT_NE(error().find("run.json"), std::string::npos);
    EXPECT_TRUE(wrote_nothing());
  }
}

TEST_F(Input, WrongSampleIsNamedByItsLine) {
  write(kRun, to_json_line(make_sample("linux", "null_syscall", "", "cycles", {430})) + "\n{}\n");
  EXPECT_NE(error().find("samples.jsonl"), std::string::npos) << error();
  EXPECT_NE(error().find("line 2"), std::string::npos) << error();
  EXPECT_TRUE(wrote_nothing());
}

TEST_F(Input, ValueThatCannotBePrintedIsAnErrorThatNamesTheCell) {
  write(kRun, to_json_line(make_sample("linux", "null_syscall", "", "cycles", {INT64_MAX})) + "\n");
  EXPECT_NE(error().find("primitive_cost/linux/null_syscall"), std::string::npos) << error();
  EXPECT_TRUE(wrote_nothing());
}

TEST_F(Input, EmptyRunGivesASummaryAndAPage) {
  write(kRun, "");
  const ReportSummary summary = write_report(folder_.path());
  EXPECT_FALSE(summary.plot_missing.empty());
  EXPECT_TRUE(fs::exists(folder_.path() / "report.html"));
  EXPECT_EQ(read_text(folder_.path() / "tables/summary.csv"),
            "experiment,mechanism,workload,params,metric,unit,source,machine,kernel,n,min,median,"
            "mean,p99,max,status,reason\n");
  EXPECT_FALSE(fs::exists(folder_.path() / "plots/ratios.svg"));
  std::ostringstream out;
  print_report(folder_.path(), out);
  EXPECT_NE(out.str().find("no rows of primitive_cost"), std::string::npos);
  EXPECT_NE(error_of([&] { compare(folder_.path(), folder_.path(), out); }).find("nothing to"),
            std::string::npos);
}

TEST_F(Input, HostileTextIsHarmlessEverywhere) {
  const std::string evil = "<script>alert(1)</script>\x1b[31m`id` $(id) \\input{x} |*_'\"&,\n#%~^";
  Sample bad = make_sample("linux", "null_syscall", "", "", {});
  bad.status = Status::failed;
  bad.reason = evil;
  Sample named = make_sample("hijack", "rpc", "", "cycles", {7});
  named.cell.params["save"] = "full";
  named.cell.params["x"] = evil;
  write(kRun, to_json_line(bad) + "\n" + to_json_line(named) + "\n");
  write_report(folder_.path());

  const std::string page = read_text(folder_.path() / "report.html");
  EXPECT_EQ(page.find("<script"), page.npos);
  for (const char* name : {"report.html", "tables/primitive_cost.txt", "tables/primitive_cost.md",
                           "tables/primitive_cost.tex", "tables/summary.csv"}) {
    const std::string text = read_text(folder_.path() / name);
    EXPECT_EQ(text.find('\x1b'), text.npos) << name;
  }
  const std::string latex = read_text(folder_.path() / "tables/primitive_cost.tex");
  EXPECT_EQ(latex.find("\\input"), latex.npos);
  const std::string markdown = read_text(folder_.path() / "tables/primitive_cost.md");
  EXPECT_EQ(markdown.find("<script"), markdown.npos);
}

TEST(RunInfo, OptionalKeysMayBeAbsent) {
  const report::RunInfo info = report::parse_run_info(kRun, "run.json");
  EXPECT_EQ(info.machine, "sim");
  EXPECT_EQ(report::kernel_text(info), "6.12");
  EXPECT_EQ(info.command_line, "");
}

}  // namespace
}  // namespace osext::report_tests
