// SPDX-License-Identifier: GPL-2.0
// What the seed draws: always the same for one seed, something else for another, never a cell lost.
#include "benchmarks/runner/drawing.h"

#include <gtest/gtest.h>

#include <set>

#include "benchmarks/catalog.h"

namespace osext {
namespace {

class Drawing : public testing::Test {
 protected:
  Drawing() : cells_(plan_cells(find_experiment("primitive_cost"), find_mechanism("hijack"), {})) {
    for (const PlannedCell& cell : cells_) planned_.push_back(&cell);
  }

  static bool same(const std::vector<DrawnCell>& a, const std::vector<DrawnCell>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
      return x.plan == y.plan && x.stack_bytes == y.stack_bytes && x.memory_bytes == y.memory_bytes;
    });
  }
  static std::vector<const PlannedCell*> order(const std::vector<DrawnCell>& drawn) {
    std::vector<const PlannedCell*> plans;
    for (const DrawnCell& cell : drawn) plans.push_back(cell.plan);
    return plans;
  }

  std::vector<PlannedCell> cells_;
  std::vector<const PlannedCell*> planned_;
};

TEST_F(Drawing, HangsOnTheSeedAlone) {
  EXPECT_TRUE(same(draw(planned_, 1), draw(planned_, 1)));
  EXPECT_FALSE(same(draw(planned_, 1), draw(planned_, 2)));
  EXPECT_NE(order(draw(planned_, 1)), order(draw(planned_, 2)));
}

TEST_F(Drawing, KeepsEveryCellAndThePhases) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto drawn = order(draw(planned_, seed));
    EXPECT_EQ(std::set(drawn.begin(), drawn.end()), std::set(planned_.begin(), planned_.end()));
    EXPECT_EQ(drawn.size(), planned_.size());
    EXPECT_TRUE(std::is_partitioned(drawn.begin(), drawn.end(), [](const PlannedCell* plan) {
      return plan->phase == Phase::bare;
    }));
  }
}

TEST_F(Drawing, PutsTheStackWhereItWasDrawn) {
  const auto stack_at = [](std::size_t bytes) {
    std::uintptr_t at = 0;
    placed({nullptr, bytes, 4096},
           [&at]() { at = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)); });
    return at;
  };
  const std::uintptr_t top = stack_at(0);
  EXPECT_EQ(top - stack_at(16), 16u);
  EXPECT_EQ(top - stack_at(4080), 4080u);
  for (const DrawnCell& cell : draw(planned_, 7)) {
    EXPECT_EQ(cell.stack_bytes % 16, 0u);
    EXPECT_LT(cell.stack_bytes, 4096u);
    EXPECT_EQ(cell.memory_bytes % 4096, 0u);
    EXPECT_GT(cell.memory_bytes, 0u);
  }
}

}  // namespace
}  // namespace osext
