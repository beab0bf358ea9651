// SPDX-License-Identifier: GPL-2.0
// The CPU service manager's arithmetic, the disturbance that is drawn, and the text of /proc: what
// cpu_service rests on, and needs no machine.
#include "workloads/cpu_service.h"

#include <gtest/gtest.h>
#include <osext/cpu_service.h>

#include <cmath>

#include "workloads/disturbance.h"
#include "workloads/proc_time.h"

namespace osext {
namespace {

constexpr std::int64_t kMs = 1'000'000;

TEST(PidFunction, AsPrintedIntegratesTheProportionalTerm) {
  osext_cpu_pid pid{};
  const std::int64_t error = 1024 * kMs, limit = 1'000'000 * kMs;
  // A constant error: each step adds (Kp + Ki) of it; the first adds Kd, too.
  EXPECT_EQ(osext_cpu_adjust(&pid, OSEXT_CPU_PID_PRINTED, error, limit),
            (OSEXT_CPU_KP + OSEXT_CPU_KI + OSEXT_CPU_KD) * kMs);
  EXPECT_EQ(osext_cpu_adjust(&pid, OSEXT_CPU_PID_PRINTED, error, limit),
            (2 * (OSEXT_CPU_KP + OSEXT_CPU_KI) + OSEXT_CPU_KD) * kMs);
}

TEST(PidFunction, OfTextbooksIntegratesTheErrorOnly) {
  osext_cpu_pid pid{};
  const std::int64_t error = 1024 * kMs, limit = 1'000'000 * kMs;
  EXPECT_EQ(osext_cpu_adjust(&pid, OSEXT_CPU_PID_TEXTBOOK, error, limit),
            (OSEXT_CPU_KP + OSEXT_CPU_KI + OSEXT_CPU_KD) * kMs);
  // The derivative's kick is over after one more step; then only Ki adds.
  EXPECT_EQ(osext_cpu_adjust(&pid, OSEXT_CPU_PID_TEXTBOOK, error, limit),
            (OSEXT_CPU_KP + 2 * OSEXT_CPU_KI) * kMs);
  EXPECT_EQ(osext_cpu_adjust(&pid, OSEXT_CPU_PID_TEXTBOOK, error, limit),
            (OSEXT_CPU_KP + 3 * OSEXT_CPU_KI) * kMs);
}

TEST(PidFunction, StaysWithinItsLimit) {
  for (const unsigned form : {OSEXT_CPU_PID_PRINTED, OSEXT_CPU_PID_TEXTBOOK}) {
    osext_cpu_pid pid{};
    for (int i = 0; i < 1000; ++i)
      ASSERT_LE(osext_cpu_adjust(&pid, form, 500 * kMs, 40 * kMs), 40 * kMs);
    for (int i = 0; i < 1000; ++i)
      ASSERT_GE(osext_cpu_adjust(&pid, form, -500 * kMs, 40 * kMs), -40 * kMs);
    EXPECT_EQ(pid.adjustment_ns, -40 * kMs);
  }
}

TEST(Guard, NeverGivesANegativeTimesliceAndLooksAtTwoPeriods) {
  EXPECT_EQ(osext_cpu_timeslice(40, -39), 1u);
  EXPECT_EQ(osext_cpu_timeslice(40, -41), 0u);
  EXPECT_EQ(osext_cpu_timeslice(40, 5), 45u);
  EXPECT_TRUE(osext_cpu_is_qos_safe(50, 30, 40));
  EXPECT_FALSE(osext_cpu_is_qos_safe(50, 31, 40));
}

// A task that takes whatever it may, all of the processor at a time, under the rules alone.
std::int64_t share_of_a_greedy_task(const CpuTask& of, unsigned form, int samples) {
  osext_cpu_task task{};
  task.target_ns = static_cast<__u64>(of.target_ns);
  task.period_samples = static_cast<__u32>(of.period_ns / OSEXT_CPU_SAMPLE_NS);
  task.form = form;
  std::uint64_t total_ns = 5'000'000'000;
  const std::uint64_t begin_ns = total_ns;
  osext_cpu_begin(&task, total_ns);
  bool may_run = true;
  for (int i = 0; i < samples; ++i) {
    if (may_run) total_ns += OSEXT_CPU_SAMPLE_NS;
    may_run = osext_cpu_sample(&task, total_ns, 1) != 0;
    EXPECT_FALSE(task.blocked != 0 && may_run);
  }
  return static_cast<std::int64_t>((total_ns - begin_ns) * 100'000 /
                                   (OSEXT_CPU_SAMPLE_NS * static_cast<unsigned>(samples)));
}

TEST(Manager, KeepsAGreedyTaskAtItsTarget) {
  constexpr int kMinute = 6000;
  for (const CpuTask& task : kCpuTasks)
    for (const unsigned form : {OSEXT_CPU_PID_PRINTED, OSEXT_CPU_PID_TEXTBOOK})
      EXPECT_NEAR(share_of_a_greedy_task(task, form, kMinute), task.target_share(), 500)
          << task.name;
}

TEST(Manager, MayBeLate) {
  osext_cpu_task at_once{}, one_by_one{};
  for (osext_cpu_task* task : {&at_once, &one_by_one}) {
    task->target_ns = 40 * kMs;
    task->period_samples = 40;
    osext_cpu_begin(task, 0);
  }
  osext_cpu_sample(&at_once, 90 * kMs, 50);
  for (int i = 0; i < 50; ++i) osext_cpu_sample(&one_by_one, 90 * kMs, 1);
  EXPECT_EQ(at_once.sample, one_by_one.sample);
  EXPECT_EQ(at_once.begin_ns, one_by_one.begin_ns);
  EXPECT_EQ(at_once.had_before_ns, one_by_one.had_before_ns);
  EXPECT_NE(at_once.blocked, 0u);
}

TEST(Tasks, HaveTheSlidesPriorities) {
  EXPECT_EQ(kCpuTasks[0].priority(), 8);
  EXPECT_EQ(kCpuTasks[1].priority(), 16);
  EXPECT_EQ(kCpuTasks[2].priority(), 24);
}

TEST(Disturbance, HasTheSlidesMeansAndHangsOnTheSeed) {
  constexpr std::int64_t kLong = 100'000 * kMeanGapNs;
  const std::vector<Burst> bursts = draw_bursts(7, kLong);
  double burst_ns = 0, gap_ns = 0;
  for (std::size_t i = 0; i < bursts.size(); ++i) {
    burst_ns += static_cast<double>(bursts[i].end_ns - bursts[i].begin_ns);
    if (i > 0) gap_ns += static_cast<double>(bursts[i].begin_ns - bursts[i - 1].end_ns);
  }
  const auto n = static_cast<double>(bursts.size());
  EXPECT_NEAR(burst_ns / n / kMeanBurstNs, 1, 0.02);
  EXPECT_NEAR(gap_ns / (n - 1) / kMeanGapNs, 1, 0.02);
  EXPECT_EQ(bursts.front().begin_ns, kFirstGapNs);
  const std::vector<Burst> again = draw_bursts(7, kLong), other = draw_bursts(8, kLong);
  EXPECT_EQ(again.size(), bursts.size());
  EXPECT_EQ(again.back().end_ns, bursts.back().end_ns);
  EXPECT_NE(other.at(1).begin_ns, bursts.at(1).begin_ns);
}

TEST(ProcStat, IsReadBehindTheLastParenthesis) {
  const std::string fields = " S 1 2 3 4 5 6 7 8 9 10 ";
  EXPECT_EQ(stat_cpu_ns("42 (name)" + fields + "123 4 0 0 20"), 1'270'000'000);
  EXPECT_EQ(stat_cpu_ns("42 (a) b (c)" + fields + "1 0 0"), 10'000'000);
  EXPECT_EQ(stat_cpu_ns("42 (name) S 1 2 3"), -1);
  EXPECT_EQ(stat_cpu_ns("42 (name)" + fields + "x 4"), -1);
  EXPECT_EQ(stat_cpu_ns(""), -1);
}

}  // namespace
}  // namespace osext
