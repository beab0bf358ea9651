// SPDX-License-Identifier: GPL-2.0
// The list of metrics: every name once, and where its values come from on which machine.
#include "measure/metric.h"

#include <gtest/gtest.h>

#include <set>

namespace osext {
namespace {

TEST(Metric, HasEveryNameOnceAndAUnit) {
  std::set<std::string_view> names;
  for (const Metric& metric : metrics()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_FALSE(metric.unit.empty()) << metric.name;
    EXPECT_EQ(find_metric(metric.name)->unit, metric.unit);
  }
  EXPECT_EQ(find_metric("nothing"), nullptr);
}

TEST(Source, IsDerivedFromMetricAndMachine) {
  EXPECT_EQ(source_of("instructions", "sim"), Source::exact);
  EXPECT_EQ(source_of("instructions_kernel", "sim"), Source::exact);
  EXPECT_EQ(source_of("cr3_writes", "sim"), Source::exact);
  EXPECT_EQ(source_of("jitter_ns", "sim"), Source::exact);
  EXPECT_EQ(source_of("cycles", "sim"), Source::modelled);
  EXPECT_EQ(source_of("itlb_misses", "sim"), Source::modelled);
  EXPECT_EQ(source_of("page_walks", "sim"), Source::modelled);
  EXPECT_EQ(source_of("PAPI_TOT_CYC", "sim"), Source::modelled);
  EXPECT_EQ(source_of("cycles", "native"), Source::measured);
  EXPECT_EQ(source_of("jitter_ns", "native"), Source::measured);
  EXPECT_EQ(source_of("instructions", "kvm"), Source::measured);
}

}  // namespace
}  // namespace osext
