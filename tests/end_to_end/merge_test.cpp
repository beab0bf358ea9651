// SPDX-License-Identifier: GPL-2.0
// Samples of several restores become those of one run.
#include "benchmarks/run/merge.h"

#include <gtest/gtest.h>

namespace osext {
namespace {

Sample sample(const std::string& metric, std::int64_t value, const std::string& profile = "") {
  Sample one;
  one.cell = {"primitive_cost", "linux", "null_syscall", {}};
  if (!profile.empty()) one.cell.params["profile"] = profile;
  one.metric = metric;
  one.values = {value};
  return one;
}

TEST(MergeRestores, KeepsOneOfEqualExactMetrics) {
  const auto merged = merge_restores({{sample("instructions", 324), sample("cycles", 430, "a")},
                                      {sample("instructions", 324), sample("cycles", 503, "b")}});
  ASSERT_EQ(merged.size(), 3U);
  EXPECT_EQ(merged[0].status, Status::ok);
  EXPECT_EQ(merged[2].cell.params.at("profile"), "b");
}

TEST(MergeRestores, DifferentRestoresAreUnstable) {
  const auto merged =
      merge_restores({{sample("instructions", 324)}, {sample("instructions", 325)}});
  ASSERT_EQ(merged.size(), 1U);
  EXPECT_EQ(merged[0].status, Status::unstable);
  EXPECT_FALSE(merged[0].reason.empty());
}

TEST(MergeRestores, AFailureOfOneRestoreIsSeen) {
  Sample failed = sample("", 0);
  failed.status = Status::crashed;
  failed.reason = "the kernel panicked";
  const auto merged = merge_restores({{sample("instructions", 324)}, {failed}});
  PlannedUnit unit{"primitive_cost", "linux", "a", "", {}};
  PlannedCell planned;
  planned.cell = sample("", 0).cell;
  planned.must_be_ok = true;
  unit.cells = {planned};
  const auto states = cell_states({unit}, merged);
  EXPECT_EQ(states.at(0).at("status"), "crashed");
  EXPECT_FALSE(acceptable(states));
}

// Values that a row reports under labels belong to the cell that was planned.
TEST(CellStates, LabelsAreNoParameters) {
  Sample task = sample("delivered_pps", 7);
  task.cell.params = {{"policy", "same_prio"}, {"task", "0"}};
  PlannedUnit unit{"primitive_cost", "linux", "", "", {}};
  PlannedCell planned;
  planned.cell = sample("", 0).cell;
  planned.cell.params = {{"policy", "same_prio"}};
  planned.labels = {"task"};
  unit.cells = {planned};
  EXPECT_EQ(cell_states({unit}, {task}).at(0).at("status"), "ok");
  unit.cells[0].labels.clear();
  EXPECT_EQ(cell_states({unit}, {task}).at(0).at("status"), "missing");
}

TEST(Acceptable, SkippingIsFineOnlyWhereForeseen) {
  const auto cell = [](const char* status, bool required) {
    return nlohmann::json::array({{{"status", status}, {"required", required}}});
  };
  EXPECT_TRUE(acceptable(cell("ok", true)));
  EXPECT_TRUE(acceptable(cell("unstable", true)));
  EXPECT_TRUE(acceptable(cell("skipped", false)));
  EXPECT_FALSE(acceptable(cell("skipped", true)));
  EXPECT_FALSE(acceptable(cell("missing", false)));
  EXPECT_FALSE(acceptable(cell("failed", false)));
}

}  // namespace
}  // namespace osext
