// SPDX-License-Identifier: GPL-2.0
// The sections of cpu_service and extension_abort: managers, tasks and budgets find their places,
// and claims about shares are judged as they say.
#include "report/shares.h"

#include <gtest/gtest.h>

#include "report/claims/claims.h"
#include "report/cpu_service.h"
#include "report/extension_abort.h"
#include "tests/report/support.h"

namespace osext::report {
namespace {

using report_tests::make_sample;

Sample shares(const char* mechanism, const std::string& params, const char* metric,
              std::vector<std::int64_t> values, std::uint64_t ops = 1000) {
  Sample sample = make_sample(mechanism, "cpu_shares", params, metric, std::move(values), ops);
  sample.cell.experiment = "cpu_service";
  if (std::string_view(metric).ends_with("percent")) sample.unit = "percent";
  sample.counters = {{"P1_target_thousandths", 10'000}, {"bursts_ns", 1'000'000'000}};
  return sample;
}

// One task, P1, whose share was `had` in each second, and over the bursts the last of them.
std::vector<Sample> run_of(const char* mechanism, const std::string& params,
                           const std::vector<std::int64_t>& had) {
  std::vector<std::int64_t> errors;
  for (const std::int64_t share : had) errors.push_back(std::abs(share - 10'000));
  const std::string more = params.empty() ? "" : params + ";";
  return {shares(mechanism, more + "task=P1", "utilization_percent", had),
          shares(mechanism, more + "task=P1", "abs_error_points", errors),
          shares(mechanism, more + "task=P1", "violations", {1}, 1),
          shares(mechanism, more + "task=P1;when=bursts", "utilization_percent", {had.back()}),
          shares(mechanism, more + "task=P1;when=bursts", "abs_error_points", {errors.back()}),
          shares(mechanism, more + "task=hog", "utilization_percent", {0, 90'000}),
          shares(mechanism, params, "overhead_percent", {250})};
}

std::vector<Sample> operator+(std::vector<Sample> a, const std::vector<Sample>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

RunInfo sim() {
  RunInfo info;
  info.machine = "sim";
  info.kernel = "6.12";
  return info;
}

const char* const kStopped = "actuator=sigstop;manager=process;pid=printed";

TEST(Shares, StandBesideTheirManager) {
  const auto series = collect_series(run_of("linux", kStopped, {9'000, 8'000, 0}) +
                                     run_of("safex", "pid=printed", {9'900, 10'100, 10'000}));
  const auto blocks = make_blocks(series, "cpu_service");
  const Section section = cpu_service_section(sim(), blocks, References::built_in());
  const auto& rows = section.tables.at(0).rows;
  ASSERT_EQ(rows.size(), 2u);
  std::vector<std::string> texts;
  for (const Value& value : rows[0].cells) texts.push_back(value.text);
  EXPECT_EQ(texts, (std::vector<std::string>{"a process, SIGSTOP, PID as printed", "5.67", "4.33",
                                             "1", "0.00", "0.25"}));
  EXPECT_EQ(rows[1].cells.at(0).text, "SafeX, PID as printed");
  EXPECT_EQ(rows[1].cells.at(2).text, "0.07");
  // Seconds in their order, the hog behind the task.
  const std::string& data = section.figures.at(0).data;
  EXPECT_NE(data.find("1 9 0\n2 8 90\n3 0 ?\n"), std::string::npos) << data;
  EXPECT_NE(data.find("1 9.9 0\n2 10.1 90\n3 10 ?\n"), std::string::npos) << data;
}

TEST(Shares, OfAManagerThatFailedHaveAReason) {
  std::vector<Sample> samples = run_of("linux", "manager=none", {0, 0});
  Sample failed = shares("linux", kStopped, "", {});
  failed.metric = failed.unit = "";
  failed.status = Status::failed;
  failed.reason = "the manager does not start";
  samples.push_back(failed);
  const auto series = collect_series(samples);
  const Section section =
      cpu_service_section(sim(), make_blocks(series, "cpu_service"), References::built_in());
  const Table& table = section.tables.at(0);
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0].cells.at(0).text, "nobody");
  EXPECT_EQ(table.rows[1].cells.at(1).text, "failed");
  EXPECT_NE(table.notes.at(0).find("the manager does not start"), std::string::npos);
}

Verdict judge(const std::string& check, const std::vector<Sample>& samples) {
  const auto claims = parse_claims(
      R"({"schema":"claims/1","claims":[{"id":"1","source":"S","text":"t","experiment":"cpu_service",)" +
          check + "}]}",
      "x");
  const auto series = collect_series(samples);
  const auto blocks = make_blocks(series, "cpu_service");
  return evaluate(claims.at(0), blocks.at(0), References::built_in());
}

TEST(Shares, AreFinerWhereTheErrorIsSmaller) {
  const std::string claim =
      R"("check":"finer","rows":["safex cpu_shares pid=printed","linux cpu_shares actuator=sigstop"])";
  const auto coarse = run_of("linux", kStopped, {9'000, 8'000});
  const auto fine = run_of("safex", "pid=printed", {10'000, 9'900});
  EXPECT_EQ(judge(claim, coarse + fine).outcome, Outcome::holds);
  EXPECT_EQ(judge(claim, coarse + run_of("safex", "pid=printed", {9'000, 7'000})).outcome,
            Outcome::fails);
  EXPECT_EQ(judge(claim, coarse + run_of("safex", "pid=printed", {9'000, 8'000})).outcome,
            Outcome::fails);
  EXPECT_EQ(judge(claim, coarse).outcome, Outcome::untestable);
}

TEST(Shares, AreHeldWithinTwoPointsOverTheBursts) {
  const std::string claim = R"("check":"held","rows":["safex cpu_shares pid=printed"])";
  EXPECT_EQ(judge(claim, run_of("safex", "pid=printed", {0, 8'000})).outcome, Outcome::holds);
  EXPECT_EQ(judge(claim, run_of("safex", "pid=printed", {10'000, 7'999})).outcome, Outcome::fails);
}

TEST(Aborts, StandByTheirBudget) {
  const auto sample = [](const char* workload, const char* params, const char* metric,
                         std::vector<std::int64_t> values, std::uint64_t ops = 1) {
    Sample one = make_sample("uls", workload, params, metric, std::move(values), ops);
    one.cell.experiment = "extension_abort";
    return one;
  };
  const std::vector<Sample> samples = {
      sample("runaway", "budget_us=100", "overrun_ns", {300, 500, 400}),
      sample("runaway", "budget_us=100", "abort_latency_ns", {2'000, 2'000, 2'500}),
      sample("runaway", "budget_us=50", "overrun_ns", {300}),
      sample("runaway", "budget_us=50", "abort_latency_ns", {2'000}),
      sample("in_budget", "budget_us=50", "time_ns", {120'000}, 100)};
  const auto series = collect_series(samples);
  const Section section = extension_abort_section(sim(), make_blocks(series, "extension_abort"),
                                                  References::built_in());
  ASSERT_EQ(section.tables.size(), 2u);
  std::vector<std::string> texts;
  for (const Row& row : section.tables[0].rows)
    for (const Value& value : row.cells) texts.push_back(value.text);
  EXPECT_EQ(texts, (std::vector<std::string>{"50", "1", "300", "300", "2000", "2000",  //
                                             "100", "3", "400", "500", "2000", "2500"}));
  EXPECT_EQ(section.tables[1].rows.at(0).cells.at(1).text, "1200");
  EXPECT_NE(section.figures.at(0).data.find("100 500 2500\n"), std::string::npos);
}

}  // namespace
}  // namespace osext::report
