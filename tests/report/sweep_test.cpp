// SPDX-License-Identifier: GPL-2.0
// Curves, and the claims about their shape, on made-up rows.
#include "report/sweep.h"

#include "report/claims/claims.h"
#include "tests/report/support.h"

namespace osext::report {
namespace {

using report_tests::make_sample;

using Points = std::vector<std::pair<int, std::int64_t>>;  // pages, value

void add(std::vector<Sample>& samples, const char* mechanism, const char* workload,
         const char* metric, const Points& points) {
  for (const auto& [pages, value] : points) {
    samples.push_back(make_sample(mechanism, workload, "kind=code;pages=" + std::to_string(pages),
                                  metric, {value}));
    samples.back().cell.experiment = "tlb_working_set";
    samples.back().cell.params["profile"] = "pentium4";
  }
}

Verdict verdict_of(const std::string& check, const std::vector<Sample>& samples) {
  const auto claims = parse_claims(
      R"({"schema":"claims/1","claims":[{"id":"1","source":"P","text":"t",
          "experiment":"tlb_working_set","along":"pages",)" +
          check + "}]}",
      "x");
  const auto series = collect_series(samples);
  const auto blocks = make_blocks(series, "tlb_working_set");
  return evaluate(claims.at(0), blocks.at(0), References::built_in());
}

TEST(Sweep, MakesCurvesOfRowsThatDifferInOneNumber) {
  std::vector<Sample> samples;
  add(samples, "linux", "null_syscall", "cycles", {{64, 5}, {0, 1}, {16, 3}});
  add(samples, "hijack", "rpc", "cycles", {{0, 7}});
  samples.push_back(make_sample("linux", "null_syscall", "", "cycles", {9}));  // no pages
  samples.push_back(make_sample("linux", "null_syscall", "pages=many", "cycles", {9}));
  for (Sample& sample : samples) sample.cell.experiment = "tlb_working_set";
  const auto series = collect_series(samples);
  const auto blocks = make_blocks(series, "tlb_working_set");
  const auto all = curves(blocks.at(0), "pages");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].workload, "null_syscall");
  EXPECT_EQ(all[0].params, (Params{{"kind", "code"}}));
  const auto values = all[0].values("cycles");
  ASSERT_EQ(values.size(), 3u);
  EXPECT_EQ(values.begin()->first, 0u);  // in the order of the number, not of its text
  EXPECT_EQ(values.rbegin()->first, 64u);
  EXPECT_EQ(values.at(16).thousandths, 3000);
  EXPECT_TRUE(all[0].values("itlb_misses").empty());
}

TEST(Sweep, MissesAreThoseOfCodeAndDataTogether) {
  std::vector<Sample> samples;
  add(samples, "hijack", "rpc", "itlb_misses", {{0, 2}, {16, 4}});
  add(samples, "hijack", "rpc", "dtlb_misses", {{0, 3}});
  const auto series = collect_series(samples);
  const auto blocks = make_blocks(series, "tlb_working_set");
  const auto values = curves(blocks.at(0), "pages").at(0).values("misses");
  ASSERT_EQ(values.size(), 1u);
  EXPECT_EQ(values.at(0).thousandths, 5000);
}

TEST(Sweep, BelowMeansEverywhere) {
  const auto with = [](const char* check, std::int64_t last) {
    std::vector<Sample> samples;
    add(samples, "hijack", "rpc", "cycles", {{0, 5}, {16, 6}, {32, last}, {48, 99}});
    add(samples, "linux", "rpc_peer", "cycles", {{0, 10}, {16, 11}, {32, 12}});
    return verdict_of(std::string(R"("metric":"cycles","rows":["hijack rpc","linux rpc_peer"],)") +
                          R"("check":")" + check + "\"",
                      samples);
  };
  EXPECT_EQ(with("below", 11).outcome, Outcome::holds);
  EXPECT_EQ(with("below", 12).outcome, Outcome::fails);
  EXPECT_EQ(with("not_above", 12).outcome, Outcome::holds);
  EXPECT_EQ(with("not_above", 13).outcome, Outcome::fails);
  EXPECT_NE(
      with("not_above", 13).reason.find("1 of 3 points; the first: 13 against 12 at pages=32"),
      std::string::npos)
      << with("not_above", 13).reason;
}

TEST(Sweep, AStepIsWhereHalfOfThePagesMiss) {
  const std::string check = R"("check":"step","document":"paper","metric":"itlb_misses",
      "rows":["linux null_syscall kind=code"],"tolerance_percent":20,"profile":"pentium4")";
  const auto with = [&](const Points& points) {
    std::vector<Sample> samples;
    add(samples, "linux", "null_syscall", "itlb_misses", points);
    return verdict_of(check, samples);
  };
  const Verdict late = with({{0, 0}, {112, 20}, {128, 63}, {144, 72}});
  EXPECT_EQ(late.outcome, Outcome::holds);
  EXPECT_EQ(late.measured, "144");
  EXPECT_EQ(late.claimed, "128");
  EXPECT_EQ(with({{0, 0}, {64, 32}}).outcome, Outcome::fails);
  EXPECT_EQ(with({{0, 0}, {64, 0}, {320, 1}}).outcome, Outcome::fails);
}

TEST(Sweep, FlatMeansUntilTheClaimedSize) {
  const std::string check = R"("check":"flat","document":"paper","metric":"itlb_misses",
      "rows":["hijack rpc kind=code"],"tolerance_percent":20)";
  const auto with = [&](const Points& points) {
    std::vector<Sample> samples;
    add(samples, "hijack", "rpc", "itlb_misses", points);
    return verdict_of(check, samples);
  };
  EXPECT_EQ(with({{0, 6}, {96, 7}, {112, 9}}).outcome, Outcome::holds);
  EXPECT_EQ(with({{0, 6}, {96, 8}, {112, 9}}).outcome, Outcome::fails);
  EXPECT_EQ(with({{0, 6}, {256, 6}, {320, 90}}).outcome, Outcome::holds);
  EXPECT_EQ(with({{0, 6}, {256, 6}}).outcome, Outcome::holds);
}

TEST(Sweep, LevelAndSlopeLookAtTheirPartOnly) {
  std::vector<Sample> samples;
  add(samples, "hijack", "rpc", "itlb_misses", {{0, 3}, {48, 4}, {96, 4}, {128, 40}, {256, 296}});
  add(samples, "hijack", "rpc", "dtlb_misses", {{0, 2}, {48, 2}, {96, 2}, {128, 2}, {256, 2}});
  const auto with = [&](const char* check, const char* from, const char* to) {
    return verdict_of(
        std::string(R"("document":"paper","metric":"misses","tolerance_percent":20,)") +
            R"("rows":["hijack rpc kind=code"],"check":")" + check + R"(","from_percent":)" + from +
            R"(,"to_percent":)" + to,
        samples);
  };
  EXPECT_EQ(with("level", "0", "75").outcome, Outcome::holds);
  EXPECT_EQ(with("level", "0", "75").measured, "6");
  EXPECT_EQ(with("level", "100", "200").outcome, Outcome::fails);
  EXPECT_EQ(with("slope", "100", "200").outcome, Outcome::holds);
  EXPECT_EQ(with("slope", "100", "200").measured, "2.00");
  EXPECT_EQ(with("slope", "0", "75").outcome, Outcome::fails);
  EXPECT_EQ(with("slope", "200", "300").outcome, Outcome::untestable);
  // The same rise on the whole, but in a step.
  add(samples, "hijack", "rpc", "itlb_misses", {{192, 290}});
  add(samples, "hijack", "rpc", "dtlb_misses", {{192, 2}});
  EXPECT_EQ(with("slope", "100", "200").measured, "2.00");
  EXPECT_EQ(with("slope", "100", "200").outcome, Outcome::fails);
}

TEST(Sweep, CurvesCrossOnceAndForGood) {
  const auto with = [](const Points& rising) {
    std::vector<Sample> samples;
    add(samples, "hijack", "rpc", "cycles", rising);
    add(samples, "linux", "rpc", "cycles", {{1, 10}, {2, 10}, {4, 10}, {8, 10}});
    return verdict_of(R"("check":"crossover","metric":"cycles","rows":["hijack rpc","linux rpc"])",
                      samples);
  };
  EXPECT_EQ(with({{1, 5}, {2, 9}, {4, 12}, {8, 20}}).outcome, Outcome::holds);
  EXPECT_EQ(with({{1, 5}, {2, 9}, {4, 12}, {8, 20}}).measured, "4");
  EXPECT_EQ(with({{1, 5}, {2, 12}, {4, 9}, {8, 20}}).measured, "8");
  EXPECT_EQ(with({{1, 11}, {2, 12}, {4, 13}, {8, 20}}).outcome, Outcome::fails);
  EXPECT_EQ(with({{1, 5}, {2, 6}, {4, 7}, {8, 8}}).outcome, Outcome::fails);
  EXPECT_EQ(with({{1, 5}}).outcome, Outcome::untestable);
}

TEST(Sweep, MissingCurvesSayWhy) {
  std::vector<Sample> samples;
  add(samples, "hijack", "rpc", "cycles", {{0, 5}});
  const Verdict verdict = verdict_of(
      R"("check":"below","metric":"misses","rows":["hijack rpc","linux rpc_peer"])", samples);
  EXPECT_EQ(verdict.outcome, Outcome::untestable);
  EXPECT_EQ(verdict.reason, "no point of hijack rpc has misses");
}

}  // namespace
}  // namespace osext::report
