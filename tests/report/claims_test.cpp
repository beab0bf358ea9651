// SPDX-License-Identifier: GPL-2.0
// Claims: the tree's own list, each check on made-up rows, wrong lists.
#include "report/claims/claims.h"

#include <set>

#include "report/sweep.h"
#include "tests/report/support.h"

namespace osext::report {
namespace {

using report_tests::error_of;
using report_tests::make_sample;

// Evaluates one claim on samples of profile pentium4.
Verdict verdict_of(const std::string& check, std::vector<Sample> samples) {
  for (Sample& one : samples) one.cell.params["profile"] = "pentium4";
  const auto claims = parse_claims(
      R"({"schema":"claims/1","claims":[{"id":"1","source":"P","text":"t",)" + check + "}]}", "x");
  const auto series = collect_series(samples);
  const auto blocks = make_blocks(series, "primitive_cost");
  return evaluate(claims.at(0), blocks.at(0), References::built_in());
}

Sample cycles(const char* mechanism, const char* workload, const char* params, std::int64_t value) {
  return make_sample(mechanism, workload, params, "cycles", {value});
}

// What a claim looks up in the papers' data, for each of its rows.
std::vector<std::string> figures_of(const Claim& claim) {
  const std::string step = "step_" + claim.along;
  switch (claim.check) {
    case Claim::Check::step:
    case Claim::Check::flat:
      return {step};
    case Claim::Check::level:
      return {step, claim.metric};
    case Claim::Check::slope:
      return {step, claim.metric + "_per_page"};
    case Claim::Check::fact:
      return {claim.metric};
    case Claim::Check::equals:
      return {std::string(without_statistic(claim.metric))};
    case Claim::Check::reservation:
      return {"reserved_pps"};
    case Claim::Check::only_reservation:
    case Claim::Check::surplus:
      return {};  // of tasks that the row does not name
    default:
      return {"cycles"};
  }
}

TEST(Claims, TheListIsCompleteAndItsFiguresExist) {
  std::set<int> numbers;
  for (const Claim& claim : built_in_claims()) {
    numbers.insert(std::stoi(claim.id));
    if (!claim.document) continue;
    for (const Selector& row : claim.rows) {
      Params params = row.params;
      std::erase_if(params, [](const auto& param) { return param.second.empty(); });
      if (!claim.profile.empty()) params["profile"] = claim.profile;
      const Cell cell{claim.experiment, row.mechanism, row.workload, params};
      for (const std::string& figure : figures_of(claim))
        EXPECT_NE(References::built_in().find(*claim.document, cell, figure), nullptr)
            << claim.id << ": " << figure << " of " << to_string(row);
    }
  }
  for (int number = 1; number <= 24; ++number) EXPECT_TRUE(numbers.contains(number)) << number;
  for (int number = 29; number <= 35; ++number) EXPECT_TRUE(numbers.contains(number)) << number;
  for (int number = 36; number <= 61; ++number) EXPECT_TRUE(numbers.contains(number)) << number;
  for (int number = 64; number <= 65; ++number) EXPECT_TRUE(numbers.contains(number)) << number;
}

TEST(Claims, RatioToTheSystemCallHoldsWithinItsTolerance) {
  const std::string check = R"("check":"per_syscall","document":"paper",
      "rows":["hijack rpc save=full"],"tolerance_percent":20)";
  const auto with = [&](std::int64_t rpc) {
    return verdict_of(check, {cycles("linux", "null_syscall", "", 100),
                              cycles("hijack", "rpc", "save=full", rpc)});
  };
  EXPECT_EQ(with(700).outcome, Outcome::holds);
  EXPECT_EQ(with(809).outcome, Outcome::holds);  // 1.2 * 2900 / 430 = 8.093
  EXPECT_EQ(with(810).outcome, Outcome::fails);
  EXPECT_EQ(with(539).outcome, Outcome::fails);
  EXPECT_EQ(with(700).claimed, "6.74");
  EXPECT_EQ(with(700).measured, "7.00");
  EXPECT_EQ(with(700).deviation, "+3.8");
}

TEST(Claims, SumComparesWithTheThirdRow) {
  const std::string check = R"("check":"sum","tolerance_percent":1,
      "rows":["hijack trap","hijack return","hijack rpc"])";
  const auto with = [&](std::int64_t rpc) {
    return verdict_of(check,
                      {cycles("hijack", "trap", "", 400), cycles("hijack", "return", "", 600),
                       cycles("hijack", "rpc", "", rpc)});
  };
  EXPECT_EQ(with(1010).outcome, Outcome::holds);
  EXPECT_EQ(with(1011).outcome, Outcome::fails);
}

TEST(Claims, OrderIsStrict) {
  const std::string check = R"("check":"order","rows":["linux a","linux b","linux c"])";
  const auto a = cycles("linux", "a", "", 1), b = cycles("linux", "b", "", 2);
  EXPECT_EQ(verdict_of(check, {a, b, cycles("linux", "c", "", 3)}).outcome, Outcome::holds);
  EXPECT_EQ(verdict_of(check, {a, b, cycles("linux", "c", "", 2)}).outcome, Outcome::fails);
  const Verdict partial = verdict_of(check, {a, cycles("linux", "c", "", 3)});
  EXPECT_EQ(partial.outcome, Outcome::untestable);
  EXPECT_NE(partial.reason.find("no row linux b"), std::string::npos) << partial.reason;
  // A broken link fails the chain whatever else is missing.
  EXPECT_EQ(verdict_of(check, {a, cycles("linux", "c", "", 1)}).outcome, Outcome::fails);
}

TEST(Claims, RatiosOfUlsRowsAndSignalsUseTheSlidesFigures) {
  const std::string check = R"("check":"ratio","document":"slides","tolerance_percent":20,
      "rows":["linux signal_other leg=","uls upcall_tlb flush=cr3;mode=us"])";
  const auto with = [&](std::int64_t signal) {
    return verdict_of(check, {cycles("linux", "signal_other", "leg=round_trip", 1),
                              cycles("linux", "signal_other", "", signal),
                              cycles("uls", "upcall_tlb", "flush=invlpg;mode=us", 1),
                              cycles("uls", "upcall_tlb", "flush=cr3;mode=us", 1000)});
  };
  EXPECT_EQ(with(4180).outcome, Outcome::holds);  // 46000 / 11000
  EXPECT_EQ(with(4180).claimed, "4.18");
  EXPECT_EQ(with(3300).outcome, Outcome::fails);
}

TEST(Claims, AShareIsHeldInEveryRow) {
  const std::string check = R"("check":"share","metric":"direct/upcalls","tolerance_percent":5,
      "rows":["uls signal_interval hosts=all"])";
  const auto with = [&](std::int64_t direct) {
    std::vector<Sample> rows;
    for (const std::int64_t count : {std::int64_t{100}, direct}) {
      rows.push_back(make_sample("uls", "signal_interval",
                                 "background=" + std::to_string(rows.size()) + ";hosts=all",
                                 "interarrival_ns", {1}));
      rows.back().counters = {{"direct", count}, {"upcalls", 100}};
    }
    return rows;
  };
  EXPECT_EQ(verdict_of(check, with(95)).outcome, Outcome::holds);
  EXPECT_EQ(verdict_of(check, with(94)).outcome, Outcome::fails);
  auto silent = with(100);
  silent[1].counters.clear();
  EXPECT_EQ(verdict_of(check, silent).outcome, Outcome::untestable);
  auto failed = with(100);
  failed[1].status = Status::failed;
  EXPECT_EQ(verdict_of(check, failed).outcome, Outcome::untestable);
  EXPECT_EQ(verdict_of(check, {cycles("linux", "a", "", 1)}).outcome, Outcome::untestable);
}

TEST(Claims, NaturalIsNeverBelowZero) {
  const std::string check = R"("check":"natural","metric":"least_timeslice_ns",
      "rows":["safex cpu_shares task=P1"])";
  const auto with = [&](std::int64_t least) {
    std::vector<Sample> rows;
    for (const std::int64_t count : {std::int64_t{0}, least}) {
      rows.push_back(make_sample("safex", "cpu_shares",
                                 "pid=" + std::to_string(rows.size()) + ";task=P1",
                                 "utilization_percent", {1}));
      rows.back().counters = {{"least_timeslice_ns", count}};
    }
    return rows;
  };
  EXPECT_EQ(verdict_of(check, with(0)).outcome, Outcome::holds);
  EXPECT_EQ(verdict_of(check, with(-1)).outcome, Outcome::fails);
  auto silent = with(0);
  silent[1].counters.clear();
  EXPECT_EQ(verdict_of(check, silent).outcome, Outcome::untestable);
}

TEST(Claims, WithoutMeansNoneWhereOthersHaveSome) {
  const std::string check = R"("check":"without","metric":"cr3_writes",
      "rows":["uls upcall_timer","linux context_switch"])";
  const auto with = [&](std::int64_t ours, std::int64_t theirs) {
    return verdict_of(check, {make_sample("uls", "upcall_timer", "", "cr3_writes", {ours}),
                              make_sample("linux", "context_switch", "", "cr3_writes", {theirs})})
        .outcome;
  };
  EXPECT_EQ(with(0, 1), Outcome::holds);
  EXPECT_EQ(with(1, 1), Outcome::fails);
  EXPECT_EQ(with(0, 0), Outcome::fails);
  EXPECT_EQ(verdict_of(check, {cycles("uls", "upcall_timer", "", 1)}).outcome, Outcome::untestable);
}

TEST(Claims, AbsoluteFiguresNeedThePapersMachine) {
  const std::string start = R"("check":"absolute","document":"paper","tolerance_percent":20,
      "rows":["linux null_syscall"],"profile":)";
  const auto row = cycles("linux", "null_syscall", "", 430);
  EXPECT_EQ(verdict_of(start + "\"pentium4\"", {row}).outcome, Outcome::holds);
  EXPECT_EQ(verdict_of(start + "\"another\"", {row}).outcome, Outcome::untestable);
}

// Samples of one curve over the number of background tasks; of several values the mean counts.
std::vector<Sample> over_load(const char* mechanism, std::vector<std::vector<std::int64_t>> loads) {
  std::vector<Sample> samples;
  for (std::size_t tasks = 0; tasks < loads.size(); ++tasks) {
    Sample one = make_sample(mechanism, "nanosleep", "background=" + std::to_string(tasks),
                             "jitter_ns", loads[tasks]);
    one.counters["clock_tick_ns"] = 1000;
    samples.push_back(one);
  }
  return samples;
}

Outcome outcome_of(const std::string& check, const std::string& metric,
                   const std::vector<Sample>& samples, int tolerance,
                   const std::string& rows = "\"linux nanosleep\"") {
  return verdict_of(R"("check":")" + check + R"(","metric":")" + metric +
                        R"(","along":"background","rows":[)" + rows + R"(],"tolerance_percent":)" +
                        std::to_string(tolerance),
                    samples)
      .outcome;
}

TEST(Claims, ConstantAllowsTheToleranceBetweenLeastAndMost) {
  const auto level = over_load("linux", {{90, 110}, {100}, {120}, {110}});
  EXPECT_EQ(outcome_of("constant", "mean jitter_ns", level, 20), Outcome::holds);
  EXPECT_EQ(outcome_of("constant", "mean jitter_ns", level, 19), Outcome::fails);
  EXPECT_EQ(outcome_of("constant", "mean jitter_ns", over_load("linux", {{1}}), 20),
            Outcome::untestable);
}

TEST(Claims, RisingNeverFallsAndEndsHigher) {
  EXPECT_EQ(outcome_of("rises", "mean jitter_ns", over_load("linux", {{100}, {100}, {130}}), 20),
            Outcome::holds);
  EXPECT_EQ(outcome_of("rises", "mean jitter_ns", over_load("linux", {{100}, {110}, {120}}), 20),
            Outcome::fails);
  EXPECT_EQ(outcome_of("rises", "mean jitter_ns", over_load("linux", {{100}, {90}, {200}}), 20),
            Outcome::fails);
}

TEST(Claims, TwoCurvesAreComparedAtEachLoad) {
  auto both = over_load("linux", {{100}, {1000}});
  for (const Sample& sample : over_load("hijack", {{101}, {100}, {999'999}}))
    both.push_back(sample);
  const std::string rows = R"("hijack nanosleep","linux nanosleep")";
  EXPECT_EQ(outcome_of("at_most", "jitter_ns", both, 1, rows), Outcome::holds);
  EXPECT_EQ(outcome_of("at_most", "jitter_ns", both, 0, rows), Outcome::fails);
  EXPECT_EQ(outcome_of("part", "jitter_ns", both, 10, rows), Outcome::fails);
  both.erase(both.begin());  // what is left in common: 100 against 1000
  EXPECT_EQ(outcome_of("part", "jitter_ns", both, 10, rows), Outcome::holds);
  EXPECT_EQ(outcome_of("part", "jitter_ns", both, 9, rows), Outcome::fails);
  EXPECT_EQ(outcome_of("part", "jitter_ns", over_load("hijack", {{1}}), 9, rows),
            Outcome::untestable);
}

TEST(Claims, BoundedByTheClockTickThatTheRowsName) {
  EXPECT_EQ(outcome_of("bounded", "max jitter_ns", over_load("linux", {{5, 1000}, {7}}), 0),
            Outcome::holds);
  EXPECT_EQ(outcome_of("bounded", "max jitter_ns", over_load("linux", {{5, 1001}, {7}}), 0),
            Outcome::fails);
  auto silent = over_load("linux", {{5}});
  silent[0].counters.clear();
  EXPECT_EQ(outcome_of("bounded", "max jitter_ns", silent, 0), Outcome::untestable);
}

TEST(Claims, EveryPointEqualsThePapersFigure) {
  const auto at = [](std::int64_t ns) {
    Sample one = make_sample("hijack", "signal_interval", "background=0", "interarrival_ns", {ns});
    one.cell.experiment = "event_interarrival";
    const auto claims = parse_claims(
        R"({"schema":"claims/1","claims":[{"id":"1","source":"P","text":"t",
            "experiment":"event_interarrival","check":"equals","document":"paper",
            "metric":"mean interarrival_ns","along":"background",
            "rows":["hijack signal_interval"],"tolerance_percent":5}]})",
        "x");
    const auto series = collect_series(std::vector{one});
    const auto blocks = make_blocks(series, "event_interarrival");
    return evaluate(claims.at(0), blocks.at(0), References::built_in()).outcome;
  };
  EXPECT_EQ(at(10'500'000), Outcome::holds);
  EXPECT_EQ(at(10'500'001), Outcome::fails);
  EXPECT_EQ(at(9'400'000), Outcome::fails);
}

TEST(Claims, RowsWithoutFiguresSayWhy) {
  Sample crashed = make_sample("hijack", "rpc", "save=full", "", {});
  crashed.status = Status::crashed;
  crashed.reason = "panic";
  const Verdict verdict =
      verdict_of(R"("check":"order","rows":["linux null_syscall","hijack rpc save=full"])",
                 {cycles("linux", "null_syscall", "", 1), crashed});
  EXPECT_EQ(verdict.outcome, Outcome::untestable);
  EXPECT_NE(verdict.reason.find("crashed: panic"), std::string::npos) << verdict.reason;
}

TEST(Claims, ARowThatCostsNothingGivesNoRatio) {
  const Verdict verdict =
      verdict_of(R"("check":"ratio","document":"paper","tolerance_percent":20,
      "rows":["hijack rpc save=full","linux null_syscall"])",
                 {cycles("linux", "null_syscall", "", 0), cycles("hijack", "rpc", "save=full", 1)});
  EXPECT_EQ(verdict.outcome, Outcome::untestable);
}

TEST(Claims, WrongListsAreRefused) {
  const auto error_for = [](const std::string& claims) {
    return error_of(
        [&] { parse_claims("{\"schema\":\"claims/1\",\"claims\":[" + claims + "]}", "x.json"); });
  };
  const std::string start = R"({"id":"9","source":"P","text":"t",)";
  const std::pair<std::string, const char*> cases[] = {
      {"1", "claim #1 must be an object"},
      {"{}", "claim #1 needs an 'id'"},
      {R"({"id":"9"})", "claim 9 needs 'source' and 'text'"},
      {start + R"("check":"guess","rows":[]})", "check 'guess' is unknown"},
      {start + R"("check":"order","rows":["linux a"]})", "wrong number of 'rows'"},
      {start + R"("check":"order","rows":["linux"]})", "is not 'mechanism workload'"},
      {start + R"("check":"order","rows":["a b","a c"],"tolerance_percent":1})", "takes no"},
      {start + R"("check":"sum","rows":["a b","a c","a d"]})", "needs 'tolerance_percent'"},
      {start + R"("check":"sum","rows":["a b","a c","a d"],"tolerance_percent":-1})", "whole"},
      {start + R"("check":"ratio","rows":["a b","a c"],"tolerance_percent":1})", "'document'"},
      {start + R"("check":"order","rows":["a b","a c"],"extra":1})", "unknown key 'extra'"},
      {start + R"("check":"order","rows":["a b","a c"],"metric":"x"})", "takes no 'metric'"},
      {start + R"("check":"below","rows":["a b","a c"],"along":"x"})", "needs a 'metric'"},
      {start + R"("check":"below","rows":["a b","a c"],"metric":"x"})", "needs 'along'"},
      {start + R"("check":"level","document":"paper","rows":["a b"],"metric":"x","along":"y",
                  "tolerance_percent":1,"from_percent":0})",
       "needs 'to_percent'"},
      {start + R"("check":"level","document":"paper","rows":["a b"],"metric":"x","along":"y",
                  "tolerance_percent":1,"from_percent":50,"to_percent":50})",
       "empty range"},
      {start + R"("check":"order","rows":["a b","a c"]},)" + start +
           R"("check":"order","rows":["a b","a c"]})",
       "comes twice"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_NE(error_for(text).find(message), std::string::npos)
        << text << " gives: " << error_for(text);
  }
  EXPECT_NE(error_of([] { parse_claims("{", "x.json"); }).find("no valid JSON"), std::string::npos);
  EXPECT_NE(error_of([] { parse_claims("[]", "x.json"); }).find("claims/1"), std::string::npos);
}

}  // namespace
}  // namespace osext::report
