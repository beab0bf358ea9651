// SPDX-License-Identifier: GPL-2.0
// Fixed point: rounding, reading, ratios.
#include "report/number.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>

namespace osext::report {
namespace {

TEST(Number, QuotientsHaveAtMostThreeDecimals) {
  EXPECT_EQ(to_string(quotient(430, 1)), "430");
  EXPECT_EQ(to_string(quotient(1, 2)), "0.5");
  EXPECT_EQ(to_string(quotient(2, 3)), "0.667");
  EXPECT_EQ(to_string(quotient(-2, 3)), "-0.667");
  EXPECT_EQ(to_string(quotient(1, 2000)), "0.001");  // half away from zero
  EXPECT_EQ(to_string(quotient(1, 2001)), "0");
  EXPECT_EQ(to_string(quotient(0, 7)), "0");
  EXPECT_THROW(quotient(1, 0), std::invalid_argument);
  EXPECT_THROW(quotient(INT64_MAX, 1), std::range_error);
}

TEST(Number, ReadsWhatItWrites) {
  for (const char* text : {"0", "430", "2.99", "53.87", "29628.5", "-0.001", "-17"}) {
    EXPECT_EQ(to_string(parse_fixed(text)), text);
  }
}

TEST(Number, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "-", ".", ".5", "5.", "1.2345", "1e3", " 1", "1 ", "0x1", "--1",
                           "1,5", "1.-5", "9999999999999999"}) {
    EXPECT_THROW(parse_fixed(text), std::invalid_argument) << text;
  }
}

TEST(Number, RatiosAreRoundedToTwoDecimals) {
  EXPECT_EQ(two_decimals(*ratio(parse_fixed("2900"), parse_fixed("430"))), "6.74");
  EXPECT_EQ(two_decimals(*ratio(parse_fixed("4482"), parse_fixed("430"))), "10.42");
  EXPECT_EQ(two_decimals(*ratio(parse_fixed("1"), parse_fixed("430"))), "0.00");
  EXPECT_FALSE(ratio(parse_fixed("1"), parse_fixed("0")));
  EXPECT_FALSE(ratio(parse_fixed("1"), parse_fixed("-1")));
}

TEST(Number, Deviations) {
  EXPECT_EQ(*deviation_percent(parse_fixed("5094"), parse_fixed("4912")), "+3.7");
  EXPECT_EQ(*deviation_percent(parse_fixed("80"), parse_fixed("100")), "-20.0");
  EXPECT_EQ(*deviation_percent(parse_fixed("7"), parse_fixed("7")), "+0.0");
  EXPECT_FALSE(deviation_percent(parse_fixed("7"), parse_fixed("0")));
  EXPECT_TRUE(within_percent(parse_fixed("120"), parse_fixed("100"), 20));
  EXPECT_TRUE(within_percent(parse_fixed("80"), parse_fixed("100"), 20));
  EXPECT_FALSE(within_percent(parse_fixed("120.001"), parse_fixed("100"), 20));
  EXPECT_FALSE(within_percent(parse_fixed("79.999"), parse_fixed("100"), 20));
}

}  // namespace
}  // namespace osext::report
