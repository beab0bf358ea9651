// SPDX-License-Identifier: GPL-2.0
// Probes and the sampler, as far as any machine has them.
#include "measure/sampler.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>

#include "measure/affinity.h"
#include "measure/raw_reader.h"

namespace osext {
namespace {

class SamplerTest : public testing::Test {
 protected:
  SamplerTest() : path_(testing::TempDir() + "osext-sampler-" + std::to_string(getpid())) {}
  ~SamplerTest() override { unlink(path_.c_str()); }
  RawRecords records() {
    std::ifstream file(path_, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    const std::string bytes = text.str();
    return read_raw_records(std::as_bytes(std::span(bytes.data(), bytes.size())));
  }
  std::string path_;
};

template <class Probe>
void spin(Probe& probe, std::uint64_t pairs) {
  for (std::uint64_t i = 0; i < pairs; ++i) {
    probe.begin();
    probe.end();
  }
}

TEST_F(SamplerTest, WritesTscCyclesAndDropsTheWarmUp) {
  RawWriter writer(path_);
  Sampler sampler(writer, false);
  const Series series{.count = 50, .ops = 1, .warmup = 5};
  sampler.measure(series, [](auto& probe, std::uint64_t pairs) {
    EXPECT_EQ(pairs, 55u);
    spin(probe, pairs);
  });
  const RawRecords read = records();
  ASSERT_FALSE(read.frames.empty());
  const RawValues& values = std::get<RawValues>(read.frames[0]);
  EXPECT_EQ(values.metric, "cycles");
  EXPECT_EQ(values.unit, "tsc_cycles");
  ASSERT_EQ(values.values.size(), 50u);
  for (std::int64_t value : values.values) EXPECT_GT(value, 0);
}

TEST_F(SamplerTest, RefusesALoopThatMissesPairs) {
  RawWriter writer(path_);
  Sampler sampler(writer, false);
  EXPECT_THROW(sampler.measure(Series{.count = 3},
                               [](auto& probe, std::uint64_t pairs) { spin(probe, pairs - 1); }),
               std::runtime_error);
  EXPECT_TRUE(records().frames.empty());
}

TEST_F(SamplerTest, AnnouncesAMarkedSeriesEvenIfItFails) {
  RawWriter writer(path_);
  Sampler sampler(writer, true);
  EXPECT_THROW(sampler.measure(Series{.count = 3, .warmup = 1},
                               [](auto&, std::uint64_t) { throw std::runtime_error("no"); }),
               std::runtime_error);
  ASSERT_EQ(records().frames.size(), 1u);
  EXPECT_EQ(std::get<RawMarked>(records().frames[0]).series.warmup, 1u);
}

TEST_F(SamplerTest, SaysWhyCountersAreAbsent) {
  RawWriter writer(path_);
  Sampler sampler(writer, false);
  // Either it counts, or one line says why not.
  sampler.measure(Series{.count = 2}, [](auto& probe, std::uint64_t pairs) { spin(probe, pairs); });
  bool counted = false;
  for (const RawFrame& frame : records().frames)
    counted |= std::get<RawValues>(frame).metric == "instructions_user";
  EXPECT_EQ(counted, sampler.pmu_reason().empty()) << sampler.pmu_reason();
  EXPECT_EQ(sampler.pmu_reason().find('\n'), std::string::npos);
}

TEST(TscProbe, MeasuresARegionThatEndsInAnotherProcess) {
  using namespace std::chrono;
  TscProbe probe(1);
  probe.begin();
  const pid_t child = fork();
  if (child == 0) {
    usleep(20'000);
    probe.end();
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  ASSERT_EQ(probe.pairs(), 1u);
  // A TSC below 100 MHz does not exist.
  EXPECT_GT(probe.values(0)[0], 20'000 * 100);
}

TEST(TscProbe, TakesStampsFromElsewhere) {
  TscProbe probe(2);
  probe.begin();
  const std::uint64_t later = tsc_end() + 1'000'000;
  probe.ended_elsewhere(later);
  const std::uint64_t earlier = tsc_begin() - 1'000'000;
  probe.end();
  probe.began_elsewhere(earlier);
  const auto values = probe.values(0);
  ASSERT_EQ(values.size(), 2u);
  EXPECT_GT(values[0], 1'000'000);
  EXPECT_GT(values[1], 1'000'000);
  EXPECT_LT(values[1], 1'000'000'000);
}

TEST(Affinity, LeavesOneCpu) {
  const int cpu = pin_to_one_cpu();
  EXPECT_EQ(sched_getcpu(), cpu);
}

}  // namespace
}  // namespace osext
