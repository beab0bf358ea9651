// SPDX-License-Identifier: GPL-2.0
// Units in the real machine, on each kernel: equal restores, crashes, hangs.
#include <osext/marker.h>

#include "tests/machine/vm_fixture.h"

namespace osext {
namespace {

using std::chrono::seconds;

class VmTest : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Kernel, VmTest, testing::Values("6.12", "6.1"), [](const auto& info) {
  std::string name = info.param;
  name.replace(name.find('.'), 1, "_");
  return "v" + name;
});

TEST_P(VmTest, TwoRestoresAreEqual) {
  OSEXT_NEEDS_VM(GetParam());
  auto machine = make_sim(counting_options_for(GetParam()));
  auto one = machine->run(probe_unit("mix", seconds(120)));
  auto two = machine->run(probe_unit("mix", seconds(120)));
  // Two equal failures must not pass.
  ASSERT_EQ(one.outcome, Outcome::finished) << one.reason << one.console;
  EXPECT_NE(one.console.find("\nend tsc="), std::string::npos) << one.console;
  EXPECT_EQ(one.records.size(), 65536U);
  EXPECT_TRUE(kernel_log_problems(one.kernel_log).empty());
  expect_equal(one, two);

  // Five series, each SERIES, BEGIN, END.
  ASSERT_EQ(one.ring.size(), 15U);
  EXPECT_EQ(one.ring_lost, 0U);
  const auto& begin = one.ring[1];
  const auto& end = one.ring[2];
  ASSERT_EQ(begin.operation, static_cast<__u64>(OSEXT_MARK_BEGIN));
  ASSERT_EQ(end.operation, static_cast<__u64>(OSEXT_MARK_END));
  EXPECT_EQ(end.syscalls - begin.syscalls, 10000U);
  EXPECT_EQ(end.sysrets - begin.sysrets, 10000U);
}

TEST_P(VmTest, APanicIsACrashAndTheNextUnitRuns) {
  OSEXT_NEEDS_VM(GetParam());
  auto machine = make_sim(options_for(GetParam()));
  auto result = machine->run(shell_unit("echo c >/proc/sysrq-trigger", seconds(120)));
  EXPECT_EQ(result.outcome, Outcome::crashed);
  EXPECT_EQ(result.reason.find('\n'), std::string::npos);
  EXPECT_NE(result.reason.find("sysrq triggered crash"), std::string::npos) << result.reason;
  EXPECT_NE(result.kernel_log.find("Kernel panic"), std::string::npos) << result.kernel_log;
  EXPECT_FALSE(kernel_log_problems(result.kernel_log).empty());
  result = machine->run(shell_unit("echo well", seconds(120)));
  EXPECT_EQ(result.outcome, Outcome::finished) << result.reason;
  EXPECT_EQ(result.console, "well\n");
}

TEST_P(VmTest, ASpinningProgramIsStoppedAndWhatItLeftIsKept) {
  OSEXT_NEEDS_VM(GetParam());
  auto machine = make_sim(options_for(GetParam()));
  Unit unit = probe_unit("spin", seconds(6));
  unit.argv = {"sh", "-c", "echo begun; echo partial >records; exec guest-probe spin"};
  auto begin = std::chrono::steady_clock::now();
  auto result = machine->run(unit);
  EXPECT_EQ(result.outcome, Outcome::timeout);
  EXPECT_EQ(result.console, "begun\n");
  EXPECT_EQ(result.records, "partial\n");
  EXPECT_EQ(result.reason, "stopped at its time limit");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(60));
}

TEST_P(VmTest, AMachineWithoutCpuTimeForItsAgentIsMadeToShowWhereItHangs) {
  OSEXT_NEEDS_VM(GetParam());
  auto machine = make_sim(options_for(GetParam()));
  auto result = machine->run(probe_unit("spin-alone", seconds(6)));
  EXPECT_EQ(result.outcome, Outcome::timeout);
  EXPECT_NE(result.kernel_log.find("guest-probe"), std::string::npos) << result.kernel_log;
  EXPECT_NE(result.kernel_log.find("NMI"), std::string::npos) << result.kernel_log;
}

TEST_P(VmTest, BadCommandsFailClearly) {
  OSEXT_NEEDS_VM(GetParam());
  auto machine = make_sim(options_for(GetParam()));
  Unit unit{"bad", {"/no/such/program"}, {}, "", seconds(120)};
  auto result = machine->run(unit);
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_EQ(result.exit_status, 127);
  EXPECT_EQ(result.reason, "in the guest: cannot run /no/such/program: No such file or directory");
  unit = probe_unit("mix", seconds(120));
  unit.files[0].guest = "/proc/nowhere/guest-probe";
  result = machine->run(unit);
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_NE(result.reason.find("cannot create /proc/nowhere/guest-probe"), std::string::npos)
      << result.reason;
  unit = shell_unit("head -c 20000000 /dev/zero >/run/osext/records", seconds(120));
  unit.records = "/run/osext/records";
  result = machine->run(unit);
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_NE(result.reason.find("record file has 20000000 bytes"), std::string::npos)
      << result.reason;
}

TEST_P(VmTest, ProgramsOutputAndOrphansAreTakenCareOf) {
  OSEXT_NEEDS_VM(GetParam());
  auto machine = make_sim(options_for(GetParam()));
  auto result = machine->run(shell_unit(
      "(sleep 1000; echo late) & (exit 0) & echo out; echo err >&2; kill -SEGV $$", seconds(120)));
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_EQ(result.exit_status, 139);
  EXPECT_EQ(result.console, "out\nerr\n");
}

TEST_P(VmTest, TheTestMachineHasTwoCpus) {
  OSEXT_NEEDS_VM(GetParam());
  auto machine = make_smp(options_for(GetParam()));
  auto result = machine->run(probe_unit("cpus", seconds(240)));
  EXPECT_EQ(result.outcome, Outcome::finished) << result.reason << result.kernel_log;
  EXPECT_EQ(result.console, "met on 2 cpus\n");
  EXPECT_TRUE(kernel_log_problems(result.kernel_log).empty());
}

TEST(VmOptionsTest, CountingIsRefusedWhereItWouldCorruptTheGuest) {
  OSEXT_NEEDS_VM("6.12");
  EXPECT_THROW(make_smp(counting_options_for("6.12")), MachineError);
  VmOptions half = counting_options_for("6.12");
  half.profile.clear();
  EXPECT_THROW(make_sim(half), MachineError);
  EXPECT_THROW(make_sim(options_for("2.4")), MachineError);
}

}  // namespace
}  // namespace osext
