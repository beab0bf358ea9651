// SPDX-License-Identifier: GPL-2.0
// In-machine truths: what the counting plugin counts is what happened, and its TLB model behaves as
// the CPU profile says, seen from programs that run inside the simulated machine.
#include "tests/truths/kmod_truths/truths.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "benchmarks/ring_series.h"
#include "machine/machine.h"
#include "machine/sim/profile.h"

namespace osext {
namespace {

namespace fs = std::filesystem;

// Around the capacity of a TLB: well below, up to it, just above it, well above.
std::vector<std::size_t> strides_around(const TlbArrayShape& shape) {
  const std::size_t way = std::max(1u, shape.entries / shape.ways);
  std::vector<std::size_t> strides = {shape.entries / 2, shape.entries - way};
  for (std::size_t pages = shape.entries - 2; pages <= shape.entries + 2; ++pages)
    strides.push_back(pages);
  strides.push_back(shape.entries + way);
  strides.push_back(shape.entries * 2);
  std::sort(strides.begin(), strides.end());
  strides.erase(std::unique(strides.begin(), strides.end()), strides.end());
  return strides;
}

struct Configuration {
  std::string kernel;
  std::string profile;
};

std::ostream& operator<<(std::ostream& out, const Configuration& configuration) {
  return out << configuration.profile << " on " << configuration.kernel;
}

class Truths : public testing::TestWithParam<Configuration> {
 protected:
  void SetUp() override {
    const fs::path build = OSEXT_BUILD;
    const fs::path module = build / "modules" / GetParam().kernel / "osext_truths.ko";
    const fs::path profile = fs::path(OSEXT_PROFILES) / (GetParam().profile + ".profile");
    profile_ = load_profile(profile);
    data_strides_ = strides_around(profile_.tlbs.data.small);
    code_strides_ = strides_around(profile_.tlbs.instruction.small);
    VmOptions options;
    options.build = build;
    options.kernel = GetParam().kernel;
    options.plugin = OSEXT_PLUGIN;
    options.profile = profile;
    Unit unit;
    unit.name = "truths";
    unit.argv = {"/run/osext/guest_truths", "/run/osext/osext_truths.ko"};
    for (std::size_t pages : data_strides_) unit.argv.push_back(std::to_string(pages));
    unit.argv.push_back(":");
    for (std::size_t pages : code_strides_) unit.argv.push_back(std::to_string(pages));
    unit.files = {{OSEXT_GUEST_TRUTHS, unit.argv[0], 0755}, {module, unit.argv[1], 0644}};
    result_ = make_sim(options)->run(unit);
    ASSERT_EQ(result_.outcome, Outcome::finished) << result_.reason << "\n" << result_.console;
    EXPECT_TRUE(kernel_log_problems(result_.kernel_log).empty()) << result_.kernel_log;
    EXPECT_EQ(result_.ring_lost, 0u);
    series_ = split_ring(result_.ring);
    ASSERT_EQ(series_.size(), TRUTHS_SERIES_STRIDES + data_strides_.size() + code_strides_.size());
  }

  std::vector<osext_counters> pairs(std::size_t series, std::uint64_t count = TRUTHS_REPEATS) {
    return pair_deltas(series_[series], Series{.count = count});
  }
  // Of the pair that an interrupt disturbed least.
  template <class Value>
  std::uint64_t least(std::size_t series, Value value) {
    std::uint64_t smallest = ~0ull;
    for (const osext_counters& delta : pairs(series))
      smallest = std::min<std::uint64_t>(smallest, value(delta));
    return smallest;
  }
  std::uint64_t user_data(std::size_t series) {
    return least(series, [](auto& d) { return d.dtlb_misses[OSEXT_SPACE_USER]; });
  }
  std::uint64_t user_code(std::size_t series) {
    return least(series, [](auto& d) { return d.itlb_misses[OSEXT_SPACE_USER]; });
  }
  std::uint64_t kernel_data(std::size_t series) {
    return least(series, [](auto& d) { return d.dtlb_misses[OSEXT_SPACE_KERNEL]; });
  }

  // Cyclic access misses nothing below the capacity and, under LRU, everything above; where the
  // step lies may be off by one way.  `loop_pages`: pages of the loop itself, accessed once a
  // round.
  void expect_step(const TlbShape& shape, const std::vector<std::size_t>& strides,
                   const std::vector<std::uint64_t>& misses, std::size_t loop_pages) {
    const std::size_t way = std::max(1u, shape.small.entries / shape.small.ways);
    for (std::size_t i = 0; i < strides.size(); ++i) {
      const std::string where = fmt::format("{} pages: {} misses", strides[i], misses[i]);
      if (strides[i] + way <= shape.small.entries) {
        EXPECT_EQ(misses[i], 0u) << where;
      } else if (strides[i] >= shape.small.entries + way) {
        EXPECT_GE(misses[i], TRUTHS_ROUNDS) << where;
        if (shape.replacement == Replacement::lru) {
          EXPECT_EQ(misses[i] % TRUTHS_ROUNDS, 0u) << where;
        }
      }
      if (shape.replacement == Replacement::lru && strides[i] >= 2 * shape.small.entries) {
        EXPECT_EQ(misses[i], TRUTHS_ROUNDS * (strides[i] + loop_pages)) << where;
      }
    }
  }

  Profile profile_;
  std::vector<std::size_t> data_strides_, code_strides_;
  UnitResult result_;
  std::vector<RingSeries> series_;
};

std::uint64_t instructions(const osext_counters& delta) {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : delta.instructions) sum += count;
  return sum;
}

TEST_P(Truths, Hold) {
  {
    SCOPED_TRACE("a marker costs exactly one instruction");
    for (const osext_counters& delta : pairs(TRUTHS_SERIES_EMPTY)) {
      EXPECT_EQ(instructions(delta), 1u);
      EXPECT_EQ(delta.data_accesses, 0u);
    }
    const RingSeries markers = series_[TRUTHS_SERIES_MARKERS];
    ASSERT_EQ(markers.size(), TRUTHS_MARKERS + 1u);
    EXPECT_EQ(instructions(difference(markers.front(), markers.back())), TRUTHS_MARKERS);
  }
  {
    SCOPED_TRACE("10,000 getppid() are 10,000 SYSCALL and 10,000 SYSRET");
    const osext_counters calls = pairs(TRUTHS_SERIES_CALLS, 1).front();
    EXPECT_EQ(calls.syscalls, TRUTHS_CALLS);
    EXPECT_EQ(calls.sysrets, TRUTHS_CALLS);
  }
  {
    SCOPED_TRACE("user pages are not global: every flush drops them, INVLPG drops one");
    EXPECT_EQ(user_data(TRUTHS_SERIES_USER_NOTHING), 0u);
    EXPECT_EQ(user_data(TRUTHS_SERIES_USER_CR3), TRUTHS_PAGES);
    EXPECT_EQ(user_data(TRUTHS_SERIES_USER_PGE), TRUTHS_PAGES);
    EXPECT_EQ(user_data(TRUTHS_SERIES_USER_INVLPG), 1u);
  }
  {
    SCOPED_TRACE("global pages survive a CR3 write and die by a CR4.PGE toggle");
    EXPECT_EQ(kernel_data(TRUTHS_SERIES_GLOBAL_NOTHING), 0u);
    EXPECT_EQ(kernel_data(TRUTHS_SERIES_GLOBAL_CR3),
              profile_.tlbs.honours_global ? 0u : TRUTHS_PAGES);
    EXPECT_GE(kernel_data(TRUTHS_SERIES_GLOBAL_PGE), TRUTHS_PAGES);
  }
  {
    SCOPED_TRACE("2 MB pages take the entries that the profile says");
    const auto entries = [](const TlbShape& shape) {
      return shape.large_pages == LargePages::fragmented ? TRUTHS_PAGES : 1;
    };
    EXPECT_EQ(user_data(TRUTHS_SERIES_LARGE_DATA), entries(profile_.tlbs.data));
    EXPECT_EQ(user_code(TRUTHS_SERIES_LARGE_CODE), entries(profile_.tlbs.instruction));
  }
  std::size_t next = TRUTHS_SERIES_STRIDES;
  std::vector<std::uint64_t> data, code;
  for (std::size_t i = 0; i < data_strides_.size(); ++i) data.push_back(user_data(next++));
  for (std::size_t i = 0; i < code_strides_.size(); ++i) code.push_back(user_code(next++));
  {
    SCOPED_TRACE("a stride over data shows the data TLB's capacity");
    expect_step(profile_.tlbs.data, data_strides_, data, 0);
  }
  {
    SCOPED_TRACE("a stride over code shows the instruction TLB's capacity");
    expect_step(profile_.tlbs.instruction, code_strides_, code, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Sim, Truths,
                         testing::Values(Configuration{"6.12", "pentium4"},
                                         Configuration{"6.12", "zen3"},
                                         Configuration{"6.1", "pentium4"}),
                         [](const auto& info) {
                           std::string name = info.param.profile + "_" + info.param.kernel;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

}  // namespace
}  // namespace osext
