// SPDX-License-Identifier: GPL-2.0
// Nearest-rank statistics and the one way in which figures are printed.
#include "measure/statistics.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <vector>

namespace osext {
namespace {

TEST(Statistics, AreNearestRank) {
  std::vector<std::int64_t> values(100);
  std::iota(values.rbegin(), values.rend(), 1);  // 100 ... 1: order must not matter
  const Statistics s = statistics(values);
  EXPECT_EQ(s.n, 100u);
  EXPECT_EQ(s.min, 1);
  EXPECT_EQ(s.median, 50);
  EXPECT_EQ(s.p99, 99);
  EXPECT_EQ(s.max, 100);
  EXPECT_EQ(format_mean(s, 1), "50.5");
}

TEST(Statistics, OfFewValuesAreValues) {
  const std::vector<std::int64_t> values = {7, -3, 5};
  const Statistics s = statistics(values);
  EXPECT_EQ(s.median, 5);
  EXPECT_EQ(s.p99, 7);
  EXPECT_EQ(s.min, -3);
  EXPECT_THROW(statistics({}), std::invalid_argument);
}

TEST(Statistics, SumsDoNotOverflow) {
  const std::vector<std::int64_t> values = {INT64_MAX, INT64_MAX, INT64_MAX};
  EXPECT_EQ(format_mean(statistics(values), 1), "9223372036854775807");
}

TEST(Format, HasAtMostThreeDecimals) {
  EXPECT_EQ(format_per_op(331, 1), "331");
  EXPECT_EQ(format_per_op(331'500, 1000), "331.5");
  EXPECT_EQ(format_per_op(2, 3), "0.667");
  EXPECT_EQ(format_per_op(-4, 3), "-1.333");
  EXPECT_EQ(format_per_op(1'999'500, 1'000'000), "2");  // 1.9995 rounds away from zero
  EXPECT_EQ(format_per_op(1'999'499, 1'000'000), "1.999");
  EXPECT_EQ(format_per_op(-1, 10'000), "0");  // no negative zero
  EXPECT_EQ(format_per_op(INT64_MIN, 1), "-9223372036854775808");
  EXPECT_EQ(format_per_op(50, 1000), "0.05");
  EXPECT_THROW(format_per_op(1, 0), std::invalid_argument);
}

}  // namespace
}  // namespace osext
