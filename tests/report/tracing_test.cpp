// SPDX-License-Identifier: GPL-2.0
// The section of syscall_tracing: how many times as long, and what is missing says why.
#include <gtest/gtest.h>

#include "report/syscall_tracing.h"
#include "tests/report/support.h"

namespace osext::report {
namespace {

using report_tests::make_sample;

Sample timed(const char* mechanism, const char* workload, const char* params, std::int64_t ns,
             std::uint64_t ops = 1) {
  Sample sample = make_sample(mechanism, workload, params, "time_ns", {ns}, ops);
  sample.cell.experiment = "syscall_tracing";
  sample.counters["calls_seen"] = 7;
  return sample;
}

Section section_of(const std::vector<Sample>& samples) {
  static std::vector<Series> series;
  series = collect_series(samples);
  const auto blocks = make_blocks(series, "syscall_tracing");
  RunInfo info;
  info.machine = "sim";
  info.kernel = "6.12";
  return syscall_tracing_section(info, blocks, References::built_in());
}

std::vector<std::string> texts(const Row& row) {
  std::vector<std::string> texts;
  for (const Value& value : row.cells) texts.push_back(value.text);
  return texts;
}

TEST(Tracing, DividesByTheTimeWithoutATracer) {
  const Section section = section_of({
      timed("linux", "traced_call", "", 30'000, 100),
      timed("linux", "traced_program", "program=gzip", 2'000'000),
      timed("uls", "traced_call", "tracer=upcall", 120'000, 100),
      timed("uls", "traced_program", "program=gzip;tracer=upcall", 3'000'000),
      timed("uls", "traced_call", "tracer=thread", 300'000, 100),
      timed("uls", "traced_program", "program=gzip;tracer=thread", 5'000'000),
  });
  const auto& rows = section.tables.at(0).rows;
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(texts(rows[0]), (std::vector<std::string>{"no tracer", "300", "1.00", "2", "1.00", "7",
                                                      "", "", "", "", "", ""}));
  EXPECT_EQ(texts(rows[1]), (std::vector<std::string>{"uls tracer=upcall", "1200", "4.00", "3",
                                                      "1.50", "7", "", "", "", "", "", ""}));
  EXPECT_EQ(texts(rows[2]), (std::vector<std::string>{"uls tracer=thread", "3000", "10.00", "5",
                                                      "2.50", "7", "", "", "", "", "", ""}));
  EXPECT_NE(section.figures.at(0).data.find("\"uls tracer=upcall\" 4 1.5 ? ?"), std::string::npos)
      << section.figures.at(0).data;
  EXPECT_NE(section.figures.at(0).data.find("\"uls tracer=thread\" 10 2.5 ? ?"), std::string::npos)
      << section.figures.at(0).data;
}

TEST(Tracing, SaysWhyARowIsMissing) {
  Sample failed = timed("ptrace", "traced_call", "", 1);
  failed.metric = "";
  failed.values.clear();
  failed.status = Status::failed;
  failed.reason = "the tracer saw 1 of 2 calls";
  const Section section = section_of({timed("linux", "traced_call", "", 30'000, 100), failed});
  const Table& table = section.tables.at(0);
  EXPECT_EQ(table.rows.at(1).cells.at(1).text, "failed");
  EXPECT_EQ(table.notes.at(0), "ptrace, one getppid(): failed - the tracer saw 1 of 2 calls");
  EXPECT_FALSE(section.figures.at(0).nothing.empty());
}

}  // namespace
}  // namespace osext::report
