// SPDX-License-Identifier: GPL-2.0
// The simulated NIC and the packet streams inside a machine, on both kernels: every packet is
// accounted for, two runs are the same, and priorities do what priorities do.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "machine/machine.h"
#include "machine/vm/setup_file.h"

namespace osext {
namespace {

namespace fs = std::filesystem;

class Udp : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    try {
      read_setup(OSEXT_BUILD "/setup.json", GetParam());
    } catch (const MachineError& error) {
      GTEST_SKIP() << error.what();
    }
  }

  UnitResult run(const char* program, const std::string& arguments) {
    const fs::path modules = fs::path(OSEXT_BUILD) / "modules" / GetParam();
    const std::string name = fs::path(program).filename();
    VmOptions options;
    options.build = OSEXT_BUILD;
    options.kernel = GetParam();
    const std::string script = fmt::format(
        "insmod osext_nic.ko && insmod osext_hijack.ko && {} {}; status=$?; "
        "rmmod osext_hijack && rmmod osext_nic && exit $status",
        name, arguments);
    UnitResult result =
        make_sim(options)->run({name,
                                {"sh", "-c", script},
                                {{program, "/run/osext/" + name, 0755},
                                 {OSEXT_EXECUTIVE, "/run/osext/executive", 0755},
                                 {modules / "osext_nic.ko", "/run/osext/osext_nic.ko", 0644},
                                 {modules / "osext_hijack.ko", "/run/osext/osext_hijack.ko", 0644}},
                                "",
                                std::chrono::seconds(240)});
    EXPECT_EQ(result.outcome, Outcome::finished) << result.reason;
    EXPECT_EQ(result.exit_status, 0) << result.console;
    EXPECT_NE(result.console.find("complete\n"), std::string::npos) << result.console;
    EXPECT_TRUE(kernel_log_problems(result.kernel_log).empty()) << result.kernel_log;
    return result;
  }
};

struct TaskCounts {
  unsigned long long offered, delivered, card, socket;
};

TaskCounts counts_of(const std::string& console, int task) {
  const std::size_t at = console.find(fmt::format("task {}: offered", task));
  TaskCounts counts{};
  EXPECT_NE(at, std::string::npos) << console;
  if (at != std::string::npos) {
    EXPECT_EQ(std::sscanf(console.c_str() + at,
                          "task %*d: offered %llu delivered %llu card %llu socket %llu",
                          &counts.offered, &counts.delivered, &counts.card, &counts.socket),
              4);
  }
  return counts;
}

TEST_P(Udp, ControlDeviceRefusesWhatIsWrong) {
  run(OSEXT_UDP_CARD, "");
}

TEST_P(Udp, EveryPacketIsDeliveredOrDroppedAndTwoRunsAreTheSame) {
  const std::string console = run(OSEXT_UDP_STREAMS, "42000 20 same").console;
  EXPECT_EQ(console, run(OSEXT_UDP_STREAMS, "42000 20 same").console);
  unsigned long long dropped = 0;
  for (int task = 0; task < 4; ++task) {
    const TaskCounts counts = counts_of(console, task);
    // 42,000/s in what is left of five steps of 20 ms when the task's stream starts.
    EXPECT_EQ(counts.offered, 840u * static_cast<unsigned>(task + 2));
    EXPECT_EQ(counts.offered, counts.delivered + counts.card + counts.socket);
    dropped += counts.card + counts.socket;
  }
  EXPECT_GT(dropped, 0u);  // or nothing was put to the test
}

TEST_P(Udp, UnderloadDropsNothing) {
  const std::string console = run(OSEXT_UDP_STREAMS, "4000 20 same").console;
  for (int task = 0; task < 4; ++task) {
    const TaskCounts counts = counts_of(console, task);
    EXPECT_EQ(counts.delivered, counts.offered);
    EXPECT_EQ(counts.offered, 80u * static_cast<unsigned>(task + 2));
  }
}

TEST_P(Udp, HigherPriorityGoesFirst) {
  const std::string console = run(OSEXT_UDP_STREAMS, "42000 40 diff").console;
  const TaskCounts highest = counts_of(console, 0);
  EXPECT_EQ(highest.delivered, highest.offered);
  EXPECT_LT(counts_of(console, 3).delivered, counts_of(console, 3).offered);
  // Two of the last two steps' windows bring nothing to the lowest.
  EXPECT_NE(console.find("task 3 window 8: offered 840 delivered 0 "), std::string::npos)
      << console;
}

// Deliveries of a task in one window.
unsigned long long delivered_in(const std::string& console, int task, int window) {
  const std::size_t at = console.find(fmt::format("task {} window {}: offered", task, window));
  unsigned long long delivered = 0;
  EXPECT_NE(at, std::string::npos) << console;
  if (at != std::string::npos) {
    EXPECT_EQ(std::sscanf(console.c_str() + at, "task %*d window %*d: offered %*d delivered %llu",
                          &delivered),
              1);
  }
  return delivered;
}

// Tokens refilled each 20 ms, windows of 20 ms, the last three at full load.  Three windows touch
// four periods and hold two, so that much and not more of the reservations is delivered there.
TEST_P(Udp, TokensKeepReservationsUnderOverload) {
  const std::string arguments =
      "42000 40 ./executive 'policy=tokens period_ms=20 tokens=7000:700,7001:400,7002:200'";
  const auto at_full_load = [](const std::string& console, int task) {
    return delivered_in(console, task, 7) + delivered_in(console, task, 8) +
           delivered_in(console, task, 9);
  };
  const std::string console = run(OSEXT_UDP_STREAMS, arguments).console;
  EXPECT_EQ(console, run(OSEXT_UDP_STREAMS, arguments).console);
  const unsigned long long reserved[] = {700, 400, 200};
  for (int task = 0; task < 3; ++task) {
    EXPECT_GE(at_full_load(console, task), reserved[task] * 2) << "Task" << task << "\n" << console;
    EXPECT_LE(at_full_load(console, task), reserved[task] * 4) << "Task" << task << "\n" << console;
  }
  // The control: under one priority for all, Task2 gets more than its tokens would let through.
  EXPECT_GT(at_full_load(run(OSEXT_UDP_STREAMS, "42000 40 same").console, 2), reserved[2] * 4);
}

INSTANTIATE_TEST_SUITE_P(Kernels, Udp, testing::Values("6.12", "6.1"), [](const auto& info) {
  return info.param == std::string("6.12") ? "Linux6_12" : "Linux6_1";
});

}  // namespace
}  // namespace osext
