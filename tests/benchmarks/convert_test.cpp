// SPDX-License-Identifier: GPL-2.0
// Conversion with records and rings made by hand: what is consistent becomes samples, what is not
// becomes a reason.
#include "benchmarks/convert.h"

#include <gtest/gtest.h>
#include <osext/marker.h>
#include <osext/raw_record.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "measure/raw_writer.h"

namespace osext {
namespace {

constexpr Series kSeries{.count = 3, .ops = 1, .warmup = 1};

PlannedCell planned(const char* workload) {
  PlannedCell plan;
  plan.cell = {"primitive_cost", "linux", workload, {}};
  plan.series = kSeries;
  return plan;
}

// A profile with costs that are easy to tell apart; geometry plays no part here.
Profile profile() {
  Profile profile;
  profile.name = "toy";
  profile.costs.instruction = 1;
  profile.costs.page_walk = 1000;
  profile.costs.cr3_write = 1'000'000;
  return profile;
}

class ConvertTest : public testing::Test {
 protected:
  ConvertTest() : path_(testing::TempDir() + "osext-convert-" + std::to_string(getpid())) {}
  ~ConvertTest() override { unlink(path_.c_str()); }

  // Records of `cells`, each with one marked series.
  void record(const std::vector<PlannedCell>& cells) {
    RawWriter writer(path_);
    writer.note("kernel_release", "6.12");
    for (const PlannedCell& plan : cells) {
      writer.cell(plan.cell);
      writer.marked(plan.series);
      writer.status(Status::ok, "");
    }
  }
  void mark(std::uint64_t operation) {
    now_.sequence = ring_.size() + 1;
    now_.operation = operation;
    now_.watching = 1;
    ring_.push_back(now_);
  }
  // An operation of 10 user, 2 executive and 100 kernel instructions, with a walk and a CR3 write.
  void operate() {
    mark(OSEXT_MARK_BEGIN);
    now_.instructions[OSEXT_SPACE_USER] += 10;
    now_.instructions[OSEXT_SPACE_EXECUTIVE] += 2;
    now_.instructions[OSEXT_SPACE_KERNEL] += 100;
    now_.dtlb_misses[OSEXT_SPACE_USER] += 4;
    now_.dtlb_misses[OSEXT_SPACE_SANDBOX] += 1;
    now_.dtlb_misses[OSEXT_SPACE_KERNEL] += 50;
    now_.itlb_misses[OSEXT_SPACE_EXECUTIVE] += 3;
    now_.page_walks += 7;
    now_.cr3_writes += 2;
    now_.syscalls += 1;
    now_.sysrets += 1;
    mark(OSEXT_MARK_END);
  }
  void series(std::uint64_t pairs) {
    mark(OSEXT_MARK_SERIES);
    for (std::uint64_t i = 0; i < pairs; ++i) operate();
  }

  UnitEvidence evidence() {
    std::ifstream file(path_, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    bytes_ = text.str();
    UnitEvidence evidence;
    evidence.records = bytes_;
    evidence.ring = ring_;
    return evidence;
  }
  // The reason of the only sample of the only cell.
  std::string reason(const UnitEvidence& evidence) {
    const auto samples = convert({planned("null_syscall")}, evidence, &profile_, true).samples;
    EXPECT_EQ(samples.size(), 1u);
    EXPECT_EQ(samples.front().status, Status::failed);
    EXPECT_TRUE(samples.front().values.empty());
    return samples.front().reason;
  }

  const Profile profile_ = profile();
  std::string path_, bytes_;
  osext_counters now_{};
  std::vector<osext_counters> ring_;
};

TEST_F(ConvertTest, MakesOneSampleOfEachMetric) {
  record({planned("null_syscall")});
  series(4);
  const Converted converted = convert({planned("null_syscall")}, evidence(), &profile_, true);
  std::map<std::string, std::int64_t> values;
  for (const Sample& sample : converted.samples) {
    EXPECT_EQ(sample.status, Status::ok);
    ASSERT_EQ(sample.values.size(), 3u) << "the warm-up is dropped";
    EXPECT_EQ(sample.values[0], sample.values[2]);
    values[sample.metric] = sample.values[0];
    const bool modelled = sample.cell.params.contains("profile");
    EXPECT_EQ(modelled, sample.metric == "cycles" || sample.metric == "itlb_misses" ||
                            sample.metric == "dtlb_misses" || sample.metric == "page_walks");
    EXPECT_EQ(sample.counters.at("syscalls"), 3);
  }
  EXPECT_EQ(values, (std::map<std::string, std::int64_t>{{"instructions", 112},
                                                         {"instructions_user", 12},
                                                         {"instructions_kernel", 100},
                                                         {"cr3_writes", 2},
                                                         {"cycles", 112 + 7 * 1000 + 2'000'000},
                                                         {"itlb_misses", 3},
                                                         {"dtlb_misses", 5},
                                                         {"page_walks", 7}}));
  ASSERT_EQ(converted.notes.size(), 1u);
  EXPECT_EQ(converted.notes[0].second, "6.12");
}

TEST_F(ConvertTest, LeavesExactMetricsToOneProfile) {
  record({planned("null_syscall")});
  series(4);
  for (const Sample& sample :
       convert({planned("null_syscall")}, evidence(), &profile_, false).samples)
    EXPECT_TRUE(sample.cell.params.contains("profile")) << sample.metric;
}

TEST_F(ConvertTest, AMissingEndFailsTheCellAndNoOther) {
  const std::vector<PlannedCell> plan = {planned("null_syscall"), planned("rpc_peer")};
  record(plan);
  series(3);
  mark(OSEXT_MARK_BEGIN);
  series(4);
  const auto samples = convert(plan, evidence(), &profile_, true).samples;
  ASSERT_EQ(samples.size(), 9u);
  EXPECT_EQ(samples[0].status, Status::failed);
  EXPECT_NE(samples[0].reason.find("7 marks were recorded instead of 8"), std::string::npos);
  EXPECT_EQ(samples[1].status, Status::ok);
  EXPECT_EQ(samples[1].cell.workload, "rpc_peer");
}

TEST_F(ConvertTest, NamesEveryInconsistency) {
  record({planned("null_syscall")});
  series(4);
  const auto good = ring_;
  const auto damaged = [&](auto damage) {
    ring_ = good;
    damage();
    return reason(evidence());
  };
  EXPECT_NE(damaged([&] { ring_[4].operation = OSEXT_MARK_BEGIN; }).find("not a BEGIN and an END"),
            std::string::npos);
  EXPECT_NE(damaged([&] { ring_[4].watching = 0; }).find("did not watch"), std::string::npos);
  EXPECT_NE(damaged([&] { ring_[4].page_walks = 0; }).find("runs backwards"), std::string::npos);
  EXPECT_NE(damaged([&] { ring_[4].sequence = 9; }).find("has number 9"), std::string::npos);
  EXPECT_NE(damaged([&] { ring_[4].operation = 77; }).find("operation 77"), std::string::npos);
  EXPECT_NE(damaged([&] { ring_.clear(); }).find("left no marker"), std::string::npos);
  EXPECT_NE(damaged([&] { series(4); }).find("the ring has 2 series"), std::string::npos);
  // A pair in the warm-up may be unwatched.
  ring_ = good;
  ring_[1].watching = 0;
  EXPECT_EQ(convert({planned("null_syscall")}, evidence(), &profile_, true).samples.size(), 8u);
}

TEST_F(ConvertTest, AnOverflowFailsTheLastSeriesThatIsThere) {
  const std::vector<PlannedCell> plan = {planned("null_syscall"), planned("rpc_peer"),
                                         planned("signal_self")};
  record(plan);
  series(4);
  series(2);
  UnitEvidence lost = evidence();
  lost.ring_lost = 12;
  const auto samples = convert(plan, lost, &profile_, true).samples;
  ASSERT_EQ(samples.size(), 10u);
  EXPECT_EQ(samples[0].status, Status::ok);
  EXPECT_EQ(samples[8].reason, "the counter ring overflowed");
  EXPECT_EQ(samples[9].reason, "the counter ring overflowed");
}

TEST_F(ConvertTest, CellsOfAUnitThatDiedSayHow) {
  const std::vector<PlannedCell> plan = {planned("null_syscall"), planned("rpc_peer"),
                                         planned("signal_self")};
  {
    RawWriter writer(path_);
    writer.cell(plan[0].cell);
    writer.marked(kSeries);
    writer.status(Status::ok, "");
    writer.cell(plan[1].cell);
    writer.marked(kSeries);
  }
  series(4);
  series(1);
  UnitEvidence died = evidence();
  died.end = Status::timeout;
  died.end_reason = "stopped after 60 s";
  const auto samples = convert(plan, died, &profile_, true).samples;
  ASSERT_EQ(samples.size(), 10u);
  EXPECT_EQ(samples[0].status, Status::ok);
  EXPECT_EQ(samples[8].status, Status::timeout);
  EXPECT_EQ(samples[9].status, Status::timeout);
  EXPECT_EQ(samples[9].reason, "stopped after 60 s");
  died.end = Status::ok;
  EXPECT_EQ(convert(plan, died, &profile_, true).samples[8].reason,
            "the runner ended during this cell");
}

TEST_F(ConvertTest, SkippedAndFailedCellsKeepTheirReasons) {
  std::vector<PlannedCell> plan = {planned("null_syscall"), planned("rpc_peer"),
                                   planned("signal_self")};
  plan[2].skip_reason = "needs a module";
  {
    RawWriter writer(path_);
    writer.cell(plan[0].cell);
    writer.status(Status::skipped, "not here");
    writer.cell(plan[1].cell);
    writer.status(Status::failed, "broken");
  }
  const auto samples = convert(plan, evidence(), nullptr, true).samples;
  ASSERT_EQ(samples.size(), 3u);
  EXPECT_EQ(samples[0].status, Status::skipped);
  EXPECT_EQ(samples[1].reason, "broken");
  EXPECT_EQ(samples[2].reason, "needs a module");
}

TEST_F(ConvertTest, NativeValuesPassThrough) {
  {
    RawWriter writer(path_);
    writer.cell(planned("null_syscall").cell);
    writer.values(kSeries, "cycles", "tsc_cycles", std::vector<std::int64_t>{5, 6, 7});
    writer.fact("fast_entries", 3);
    writer.status(Status::ok, "");
  }
  auto samples = convert({planned("null_syscall")}, evidence(), nullptr, true).samples;
  ASSERT_EQ(samples.size(), 1u);
  EXPECT_EQ(samples[0].values, (std::vector<std::int64_t>{5, 6, 7}));
  EXPECT_EQ(samples[0].unit, "tsc_cycles");
  EXPECT_EQ(samples[0].counters.at("fast_entries"), 3);
  {
    RawWriter writer(path_);
    writer.cell(planned("null_syscall").cell);
    writer.values(kSeries, "cycles", "tsc_cycles", std::vector<std::int64_t>{5, 6});
    writer.status(Status::ok, "");
  }
  EXPECT_NE(reason(evidence()).find("2 values"), std::string::npos);
}

// A row that reports by name: what was planned, as many values as it likes, under planned labels.
TEST_F(ConvertTest, ReportedValuesPassThroughUnderTheirLabels) {
  PlannedCell plan = planned("null_syscall");
  plan.reports = {"delivered_pps", "jitter_ns"};
  plan.labels = {"task"};
  const std::vector<std::int64_t> one = {1}, two = {2, 3};
  const auto samples_of = [&](auto write) {
    {
      RawWriter writer(path_);
      writer.cell(plan.cell);
      write(writer);
      writer.status(Status::ok, "");
    }
    return convert({plan}, evidence(), nullptr, true).samples;
  };
  const auto good = samples_of([&](RawWriter& writer) {
    writer.values({}, "delivered_pps", "packets/s", one, {{"task", "0"}});
    writer.values({}, "delivered_pps", "packets/s", two, {{"task", "1"}});
    writer.values({}, "jitter_ns", "ns", two);
  });
  ASSERT_EQ(good.size(), 3u);
  EXPECT_EQ(good[0].cell.params, (Params{{"task", "0"}}));
  EXPECT_EQ(good[1].cell.params, (Params{{"task", "1"}}));
  EXPECT_EQ(good[1].values, two);
  EXPECT_EQ(good[2].cell.params, Params{});
  EXPECT_EQ(good[2].unit, "ns");

  const auto reason_of = [&](auto write) {
    const auto samples = samples_of(write);
    EXPECT_EQ(samples.size(), 1u);
    EXPECT_EQ(samples.front().status, Status::failed);
    return samples.front().reason;
  };
  EXPECT_EQ(reason_of([&](RawWriter& writer) { writer.values({}, "jitter_ns", "ns", one); }),
            "delivered_pps was not reported");
  EXPECT_EQ(reason_of([&](RawWriter& writer) {
              for (const char* metric : {"delivered_pps", "jitter_ns", "jitter_ns"})
                writer.values({}, metric, "", one);
            }),
            "jitter_ns was reported twice");
  EXPECT_EQ(reason_of([&](RawWriter& writer) { writer.values({}, "cycles", "cycles", one); }),
            "cycles was reported and not planned");
  EXPECT_EQ(reason_of([&](RawWriter& writer) {
              writer.values({}, "jitter_ns", "ns", one, {{"colour", "red"}});
            }),
            "jitter_ns is labelled by colour, which was not planned");
}

TEST_F(ConvertTest, RecordsThatDoNotBelongFailEveryCell) {
  record({planned("null_syscall"), planned("rpc_peer")});
  series(4);
  series(4);
  EXPECT_NE(reason(evidence()).find("not planned"), std::string::npos);
  UnitEvidence garbage;
  garbage.records = "garbage that is no record file";
  EXPECT_NE(reason(garbage).find("record file, byte 0"), std::string::npos);
  record({planned("null_syscall"), planned("null_syscall")});
  EXPECT_NE(reason(evidence()).find("there twice"), std::string::npos);
}

TEST_F(ConvertTest, ACellWithNothingMeasuredIsNotOk) {
  RawWriter writer(path_);
  writer.cell(planned("null_syscall").cell);
  writer.status(Status::ok, "");
  EXPECT_EQ(reason(evidence()), "nothing was measured");
}

}  // namespace
}  // namespace osext
