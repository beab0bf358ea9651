// SPDX-License-Identifier: GPL-2.0
// The race's verdicts, with a script in the place of QEMU.
#include "machine/doctor/kvm_race.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace osext {
namespace {

namespace fs = std::filesystem;

class KvmRaceTest : public testing::Test {
 protected:
  KvmRaceTest() {
    std::string name = fs::temp_directory_path() / "kvm-race-XXXXXX";
    folder_ = mkdtemp(name.data());
    setup_.qemu = folder_ / "qemu";
    setup_.kernel.vmlinux = folder_ / "vmlinux";
    std::ofstream(folder_ / "kvm") << "";
  }
  ~KvmRaceTest() override { fs::remove_all(folder_); }

  // $accelerator and $cpu are set in the scripts; `arrive` is what a booted kernel prints.
  KvmRace race(const std::string& kvm, const std::string& tcg, int limit_s = 20) {
    std::ofstream(setup_.qemu) << "#!/bin/bash\naccelerator=$2 cpu=$4\n"
                                  "arrive='Kernel panic: Unable to mount root fs'\n"
                                  "if [[ $accelerator == kvm ]]; then "
                               << kvm << "; else " << tcg << "; fi\n";
    fs::permissions(setup_.qemu, fs::perms::owner_all);
    return race_kvm(setup_, std::chrono::seconds(limit_s), folder_ / "kvm");
  }

  fs::path folder_;
  VmSetup setup_;
};

TEST_F(KvmRaceTest, FastKvmIsUsable) {
  KvmRace result = race("sleep 0.2; echo $arrive", "sleep 5; echo $arrive");
  EXPECT_EQ(result.verdict, KvmRace::Verdict::usable);
  EXPECT_EQ(result.cpu, "host,la57=off");
  ASSERT_TRUE(result.kvm_seconds);
  EXPECT_LT(*result.kvm_seconds, 4.0);
}

TEST_F(KvmRaceTest, KvmThatDoesNotArriveBeforeTcgIsSlow) {
  KvmRace result = race("sleep 30; echo $arrive", "sleep 0.2; echo $arrive");
  EXPECT_EQ(result.verdict, KvmRace::Verdict::slow);
  EXPECT_TRUE(result.tcg_seconds);
  EXPECT_FALSE(result.kvm_seconds);
}

TEST_F(KvmRaceTest, KvmThatIsHardlyFasterIsSlow) {
  KvmRace result = race("sleep 2; echo $arrive", "sleep 2.5; echo $arrive");
  EXPECT_EQ(result.verdict, KvmRace::Verdict::slow);
}

TEST_F(KvmRaceTest, RefusedOnEveryCpuSaysWhy) {
  KvmRace result = race("echo qemu: error: no such register; exit 1", "sleep 5; echo $arrive");
  EXPECT_EQ(result.verdict, KvmRace::Verdict::refused);
  EXPECT_EQ(result.detail, "qemu: error: no such register");
}

TEST_F(KvmRaceTest, APlainCpuIsTriedWhenTheHostsIsRefused) {
  KvmRace result = race("if [[ $cpu == host* ]]; then exit 1; fi; sleep 0.2; echo $arrive",
                        "sleep 5; echo $arrive");
  EXPECT_EQ(result.verdict, KvmRace::Verdict::usable);
  EXPECT_EQ(result.cpu, "qemu64");
}

TEST_F(KvmRaceTest, EndsAtItsLimit) {
  KvmRace result = race("sleep 30", "sleep 30", 1);
  EXPECT_EQ(result.verdict, KvmRace::Verdict::slow);
  EXPECT_FALSE(result.kvm_seconds);
}

TEST_F(KvmRaceTest, NoDevice) {
  fs::remove(folder_ / "kvm");
  EXPECT_EQ(race("exit 1", "exit 1").verdict, KvmRace::Verdict::absent);
}

}  // namespace
}  // namespace osext
