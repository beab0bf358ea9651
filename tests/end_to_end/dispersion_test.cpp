// SPDX-License-Identifier: GPL-2.0
// When a measured figure counts as unstable.
#include "benchmarks/run/dispersion.h"

#include <gtest/gtest.h>

namespace osext {
namespace {

Sample series(const std::string& metric, std::vector<std::int64_t> values) {
  Sample sample;
  sample.metric = metric;
  sample.values = std::move(values);
  return sample;
}

TEST(Dispersion, OutliersAloneAreNoInstability) {
  std::vector<Sample> samples = {series("cycles", {100, 101, 100, 102, 100, 9000, 101, 100})};
  mark_dispersion(samples);
  EXPECT_EQ(samples[0].status, Status::ok);
}

TEST(Dispersion, AWideMiddleIs) {
  std::vector<Sample> samples = {series("cycles", {100, 100, 150, 150, 200, 200, 250, 250})};
  mark_dispersion(samples);
  EXPECT_EQ(samples[0].status, Status::unstable);
  EXPECT_NE(samples[0].reason.find("25 %"), std::string::npos);
}

TEST(Dispersion, TheBoundItselfIsAllowed) {
  std::vector<Sample> samples = {series("cycles", {100, 100, 100, 125}),   // 100..100
                                 series("cycles", {100, 100, 125, 125}),   // 25 of 100
                                 series("cycles", {100, 100, 126, 126})};  // 26 of 100
  mark_dispersion(samples);
  EXPECT_EQ(samples[0].status, Status::ok);
  EXPECT_EQ(samples[1].status, Status::ok);
  EXPECT_EQ(samples[2].status, Status::unstable);
}

TEST(Dispersion, CountsMayDiffer) {
  std::vector<Sample> samples = {series("itlb_misses", {0, 0, 5, 9, 20})};
  mark_dispersion(samples);
  EXPECT_EQ(samples[0].status, Status::ok);
}

}  // namespace
}  // namespace osext
