// SPDX-License-Identifier: GPL-2.0
// Packet streams: full load, infinite jitter, and the claims about them, on made-up rows.
#include "report/streams.h"

#include <map>

#include "report/claims/claims.h"
#include "report/udp_qos.h"
#include "tests/report/support.h"

namespace osext::report {
namespace {

using report_tests::error_of;
using report_tests::make_sample;

// What a task of a policy gets in each window of full load; no jitter: nothing came.
struct Given {
  std::int64_t delivered, dropped;
  std::vector<std::int64_t> jitter;
};

void add(std::vector<Sample>& samples, const std::string& policy, unsigned task, unsigned window,
         const Given& given) {
  const std::string params = "policy=" + policy + ";streams=paper;task=" + std::to_string(task) +
                             ";window=" + std::to_string(window);
  const auto one = [&](const char* metric, std::vector<std::int64_t> values) {
    samples.push_back(make_sample(policy == "hijack" ? "hijack" : "linux", "udp_stream", params,
                                  metric, std::move(values)));
    samples.back().cell.experiment = "udp_qos";
  };
  one("offered_pps", {42000});
  one("delivered_pps", {given.delivered});
  one("dropped_pps", {given.dropped});
  if (!given.jitter.empty()) one("jitter_ns", given.jitter);
}

// A policy whose tasks start one window apart, Task3 first; Task0's stream begins in window 3, so
// windows 5 and 6 are full load.  Before it nothing is dropped.
std::vector<Sample> run_of(const std::string& policy, const std::vector<Given>& tasks) {
  std::vector<Sample> samples;
  for (unsigned task = 0; task < 4; ++task) {
    for (unsigned window = 3 - task; window < 7; ++window)
      add(samples, policy, task, window, window < 5 ? Given{42000, 0, {5, 7}} : tasks[task]);
  }
  return samples;
}

std::vector<Sample> keeps_all() {
  return run_of("hijack", {{35000, 7000, {10, 20}},
                           {20000, 22000, {30, 50}},
                           {10000, 32000, {100, 900}},
                           {16000, 26000, {100, 800}}});
}

std::vector<Sample> shares() {
  return run_of("same_prio", std::vector<Given>(4, {20000, 22000, {40, 400}}));
}

std::vector<Sample> starves() {
  return run_of("diff_prio",
                {{42000, 0, {1, 3}}, {38000, 4000, {2, 9}}, {0, 42000, {}}, {0, 42000, {}}});
}

std::vector<Sample> joined(std::initializer_list<std::vector<Sample>> parts) {
  std::vector<Sample> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Outcome outcome_of(const std::string& id, const std::vector<Sample>& samples) {
  const auto series = collect_series(samples);
  const auto blocks = make_blocks(series, "udp_qos");
  for (const Claim& claim : built_in_claims())
    if (claim.id == id) return evaluate(claim, blocks.at(0), References::built_in()).outcome;
  throw std::logic_error("no claim " + id);
}

TEST(Streams, FullLoadLeavesOutTheStepInWhichTheLastStreamBegins) {
  const auto samples = keeps_all();
  const auto series = collect_series(samples);
  const auto blocks = make_blocks(series, "udp_qos");
  const auto runs = policy_runs(blocks.at(0));
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0].full_load(), (std::vector<unsigned>{5, 6}));
  EXPECT_EQ(to_string(runs[0].mean_rate(0, "delivered_pps")), "35000");
  EXPECT_EQ(to_string(runs[0].maximum_jitter(2)), "900");
  EXPECT_EQ(to_string(runs[0].mean_jitter(1)), "40");
  EXPECT_FALSE(runs[0].rate(0, 2, "delivered_pps").has_value());
}

TEST(Streams, OneWindowWithoutAPacketMakesJitterInfinite) {
  std::vector<Sample> samples = shares();
  std::erase_if(samples, [](const Sample& sample) {
    return sample.metric == "jitter_ns" && sample.cell.params.at("task") == "1" &&
           sample.cell.params.at("window") == "5";
  });
  const auto series = collect_series(samples);
  const auto blocks = make_blocks(series, "udp_qos");
  const auto runs = policy_runs(blocks.at(0));
  EXPECT_EQ(to_string(runs.at(0).maximum_jitter(1)), "inf");
  EXPECT_EQ(to_string(runs.at(0).maximum_jitter(0)), "400");
  EXPECT_EQ(outcome_of("46", samples), Outcome::fails);
}

TEST(Streams, ThePapersPictureHoldsEveryClaim) {
  const auto samples = joined({keeps_all(), shares(), starves()});
  for (const char* id : {"36", "37", "38", "39", "40a", "40b", "41", "42", "43", "44", "45", "46",
                         "47", "48", "49a", "49b", "49c", "50a", "50b"})
    EXPECT_EQ(outcome_of(id, samples), Outcome::holds) << id;
}

TEST(Streams, OtherPicturesFailTheirClaims) {
  // Nobody's reservation is kept, everything is shared.
  std::vector<Sample> samples = run_of("hijack", std::vector<Given>(4, {9000, 33000, {40, 400}}));
  for (const char* id : {"36", "37", "38", "39"})
    EXPECT_EQ(outcome_of(id, samples), Outcome::fails) << id;
  EXPECT_EQ(outcome_of("45", joined({samples, shares(), starves()})), Outcome::fails);
  EXPECT_EQ(outcome_of("47", joined({samples, shares()})), Outcome::fails);
  EXPECT_EQ(outcome_of("48", joined({samples, shares()})), Outcome::fails);
  // One task gets more than the others.
  samples = run_of("same_prio", {{30000, 12000, {4, 40}},
                                 {20000, 22000, {40, 400}},
                                 {20000, 22000, {40, 400}},
                                 {20000, 22000, {40, 400}}});
  for (const char* id : {"41", "42", "46"})
    EXPECT_EQ(outcome_of(id, samples), Outcome::fails) << id;
  // Nobody starves, and the mean is high where the maximum is low.
  samples = run_of("diff_prio", {{20000, 22000, {1000, 1000}},
                                 {20000, 22000, {1, 5000}},
                                 {1, 41999, {1, 5000}},
                                 {1, 41999, {1, 5000}}});
  for (const char* id : {"43", "44", "49c"})
    EXPECT_EQ(outcome_of(id, samples), Outcome::fails) << id;
  EXPECT_EQ(outcome_of("49a", joined({samples, shares()})), Outcome::fails);
  EXPECT_EQ(outcome_of("50b", joined({samples, shares()})), Outcome::holds);
  samples = run_of("hijack", {{35000, 7000, {900, 900}},
                              {20000, 22000, {1, 2000}},
                              {10000, 32000, {1, 1, 1, 1, 1, 4000}},
                              {16000, 26000, {100, 800}}});
  EXPECT_EQ(outcome_of("50a", samples), Outcome::fails);
  // Nothing was dropped: no overload.
  EXPECT_EQ(outcome_of("40a", run_of("hijack", std::vector<Given>(4, {42000, 0, {5}}))),
            Outcome::fails);
}

// A card's drops and a sender's losses are different things; only runs with a sender have the
// latter.
TEST(Streams, WhatASenderLosesHasAColumnOfItsOwn) {
  const auto columns_with = [](const char* counter) {
    std::vector<Sample> samples = shares();
    for (Sample& sample : samples) sample.counters[counter] = 3;
    const auto series = collect_series(samples);
    const Section section =
        udp_qos_section(RunInfo{}, make_blocks(series, "udp_qos"), References::built_in());
    std::map<std::string, std::string> cells;  // by column, of Task0
    const Table& table = section.tables.at(0);
    for (std::size_t i = 0; i < table.columns.size(); ++i)
      cells[table.columns[i].id] = table.rows.at(0).cells.at(i).text;
    return cells;
  };
  const auto card = columns_with("task0_dropped_by_card");
  EXPECT_EQ(card.at("dropped_by_card"), "3");
  EXPECT_FALSE(card.contains("lost_on_the_way"));
  const auto sender = columns_with("task0_lost_on_the_way");
  EXPECT_EQ(sender.at("dropped_by_card"), "");
  EXPECT_EQ(sender.at("lost_on_the_way"), "3");
}

TEST(Streams, WithoutThePolicyAClaimIsUntestable) {
  EXPECT_EQ(outcome_of("36", shares()), Outcome::untestable);
  EXPECT_EQ(outcome_of("45", shares()), Outcome::untestable);
}

}  // namespace
}  // namespace osext::report
