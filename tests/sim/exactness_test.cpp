// SPDX-License-Identifier: GPL-2.0
// Instruction counts are exact whatever interrupts or aborts the code: they advance as
// QEMU's own instruction counter does, which the guest sees as its time-stamp counter.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <sstream>
#include <vector>

#include "benchmarks/ring_series.h"
#include "machine/machine.h"
#include "machine/sim/profile.h"

namespace osext {
namespace {

std::uint64_t instructions(const osext_counters& delta) {
  return std::accumulate(std::begin(delta.instructions), std::end(delta.instructions),
                         std::uint64_t{0});
}

class Exactness : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Kernels, Exactness, testing::Values("6.12", "6.1"));

TEST_P(Exactness, CountsAdvanceAsTheTimeStampCounter) {
  VmOptions options;
  options.build = OSEXT_BUILD;
  options.kernel = GetParam();
  options.plugin = OSEXT_PLUGIN;
  options.profile = OSEXT_PROFILES "/pentium4.profile";
  Unit unit;
  unit.name = "exactness";
  unit.argv = {"/run/osext/guest_exactness"};
  unit.files = {{OSEXT_GUEST_EXACTNESS, unit.argv[0], 0755}};
  const UnitResult result = make_sim(options)->run(unit);
  ASSERT_EQ(result.outcome, Outcome::finished) << result.reason << "\n" << result.console;
  ASSERT_EQ(result.ring_lost, 0U);

  const std::vector<RingSeries> series = split_ring(result.ring);
  std::istringstream console(result.console);
  std::string name;
  std::uint64_t ticks = 0;
  std::uint64_t offset = 0;
  std::size_t cases = 0;
  std::vector<std::size_t> watched;
  for (; console >> name >> ticks; ++cases) {
    ASSERT_LT(cases, series.size());
    ASSERT_EQ(series[cases].size(), 2U) << name;
    const osext_counters delta = difference(series[cases].front(), series[cases].back());
    const std::uint64_t counted = instructions(delta);
    if (delta.watching) watched.push_back(cases);
    if (cases == 0) {
      EXPECT_EQ(name, "nothing");
      offset = ticks - counted;
    }
    EXPECT_EQ(counted + offset, ticks) << name << (delta.watching ? ", watched" : "");
  }
  EXPECT_EQ(cases, series.size());
  constexpr std::size_t kCases = 19;
  EXPECT_EQ(cases, 5 * kCases + 1);
  // The first case of such a round may run before the model does.
  for (const std::size_t begin : {kCases, 3 * kCases}) {
    const auto in_round = std::count_if(watched.begin(), watched.end(), [&](std::size_t i) {
      return i > begin && i < begin + kCases;
    });
    EXPECT_EQ(in_round, kCases - 1);
    std::erase_if(watched, [&](std::size_t i) { return i >= begin && i < begin + kCases; });
  }
  EXPECT_EQ(watched, std::vector<std::size_t>{});
}

}  // namespace
}  // namespace osext
