// SPDX-License-Identifier: GPL-2.0
// From samples to statistics and rows.
#include "report/series.h"

#include "tests/report/support.h"

namespace osext::report {
namespace {

using report_tests::make_sample;

std::vector<std::int64_t> from_1_to(std::int64_t n) {
  std::vector<std::int64_t> values;
  for (std::int64_t value = n; value >= 1; --value) values.push_back(value);
  return values;
}

TEST(Series, PercentilesAreNearestRank) {
  const auto series =
      collect_series(std::vector{make_sample("linux", "x", "", "cycles", from_1_to(200))});
  ASSERT_EQ(series.size(), 1u);
  EXPECT_EQ(series[0].n, 200u);
  EXPECT_EQ(to_string(series[0].min), "1");
  EXPECT_EQ(to_string(series[0].median), "100");
  EXPECT_EQ(to_string(series[0].mean), "100.5");
  EXPECT_EQ(to_string(series[0].p99), "198");
  EXPECT_EQ(to_string(series[0].max), "200");
}

TEST(Series, ValuesAreDividedByOps) {
  const auto series =
      collect_series(std::vector{make_sample("linux", "x", "", "cycles", {1000, 2000, 2002}, 3)});
  EXPECT_EQ(to_string(series[0].median), "666.667");
  EXPECT_EQ(to_string(series[0].mean), "555.778");
}

TEST(Series, TrialsArePooledAndTheWorstStatusWins) {
  Sample first = make_sample("linux", "x", "", "cycles", {1, 2});
  Sample second = make_sample("linux", "x", "", "cycles", {3});
  second.trial = 1;
  second.status = Status::unstable;
  second.reason = "two restores\ndiffer";
  const auto series = collect_series(std::vector{first, second});
  ASSERT_EQ(series.size(), 1u);
  EXPECT_EQ(series[0].n, 3u);
  EXPECT_EQ(series[0].status, Status::unstable);
  EXPECT_EQ(series[0].reason, "two restores differ");
}

TEST(Series, ParamsMatchBySubsetAndAbsence) {
  const Params params = parse_params("leg=round_trip;save=full");
  EXPECT_TRUE(matches(params, {}));
  EXPECT_TRUE(matches(params, {{"save", "full"}}));
  EXPECT_FALSE(matches(params, {{"save", "minimal"}}));
  EXPECT_FALSE(matches(params, {{"bytes", "1"}}));
  EXPECT_FALSE(matches(params, {{"leg", ""}}));
  EXPECT_TRUE(matches(params, {{"bytes", ""}}));
}

TEST(Blocks, OneAProfileAndWhatHasNoneIsInAll) {
  const auto series = collect_series(std::vector{
      make_sample("linux", "null_syscall", "profile=p1", "cycles", {10}),
      make_sample("uls", "upcall", "", "", {}),
      make_sample("linux", "null_syscall", "profile=p2", "cycles", {20}),
  });
  const auto blocks = make_blocks(series, "primitive_cost");
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(blocks[0].profile, "p1");
  EXPECT_EQ(blocks[1].profile, "p2");
  for (const Block& block : blocks) {
    ASSERT_EQ(block.rows.size(), 2u);
    EXPECT_EQ(block.rows[0].mechanism, "linux");
    EXPECT_EQ(block.rows[1].mechanism, "uls");
  }
  EXPECT_EQ(to_string(*blocks[1].rows[0].median("cycles")), "20");
  EXPECT_TRUE(make_blocks(series, "another").empty());
}

TEST(Blocks, RatioIsToTheUnitsOwnSystemCall) {
  const auto series = collect_series(std::vector{
      make_sample("linux", "null_syscall", "", "cycles", {100}),
      make_sample("linux", "null_syscall", "sampling=batch", "cycles", {50000}, 1000),
      make_sample("ptrace", "interpose", "", "cycles", {1000}),
      make_sample("hijack", "null_syscall", "module=loaded", "cycles", {150}),
      make_sample("hijack", "null_syscall", "module=absent", "cycles", {200}),
      make_sample("hijack", "rpc", "", "cycles", {1000}),
  });
  const auto blocks = make_blocks(series, "primitive_cost");
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(two_decimals(*blocks[0].ratio_of(*blocks[0].select("ptrace", "interpose", {})[0])),
            "10.00");
  EXPECT_EQ(two_decimals(*blocks[0].ratio_of(*blocks[0].select("hijack", "rpc", {})[0])), "5.00");
}

TEST(Blocks, RatioIsToASystemCallOfTheSameKindOfKernel) {
  const auto series = collect_series(std::vector{
      make_sample("linux", "null_syscall", "", "cycles", {100}),
      make_sample("hijack", "null_syscall", "module=absent;pti=on", "cycles", {400}),
      make_sample("hijack", "null_syscall", "module=absent", "cycles", {200}),
      make_sample("hijack", "rpc", "", "cycles", {1000}),
      make_sample("hijack", "rpc", "pti=on", "cycles", {1000}),
      make_sample("ptrace", "interpose", "pti=on", "cycles", {1000}),
  });
  const auto blocks = make_blocks(series, "primitive_cost");
  const auto ratio = [&](const char* mechanism, const char* workload, const char* pti) {
    return blocks[0].ratio_of(*blocks[0].select(mechanism, workload, {{"pti", pti}})[0]);
  };
  EXPECT_EQ(two_decimals(*ratio("hijack", "rpc", "")), "5.00");
  EXPECT_EQ(two_decimals(*ratio("hijack", "rpc", "on")), "2.50");
  EXPECT_FALSE(ratio("ptrace", "interpose", "on"));
}

TEST(Blocks, WithoutASystemCallThereIsNoRatio) {
  const auto series = collect_series(std::vector{
      make_sample("linux", "null_syscall", "", "instructions", {100}),
      make_sample("linux", "rpc_peer", "", "cycles", {1000}),
  });
  const auto blocks = make_blocks(series, "primitive_cost");
  EXPECT_FALSE(blocks[0].ratio_of(*blocks[0].select("linux", "rpc_peer", {})[0]));
}

}  // namespace
}  // namespace osext::report
