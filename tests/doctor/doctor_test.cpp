// SPDX-License-Identifier: GPL-2.0
// What the doctor says about computers that the test makes up.
#include "machine/doctor.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include <fstream>
#include <sstream>

#include "machine/doctor/native_kernel.h"
#include "machine/doctor/pmu.h"
#include "machine/doctor/preflight.h"

namespace osext {
namespace {

namespace fs = std::filesystem;

// A folder that stands for "/".
class Root {
 public:
  Root() {
    std::string name = fs::temp_directory_path() / "doctor-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~Root() { fs::remove_all(path_); }
  void write(const std::string& file, const std::string& text) {
    fs::create_directories((path_ / file).parent_path());
    std::ofstream(path_ / file, std::ios::binary) << text;
  }
  void capabilities(const char* effective) {
    write("proc/self/status", std::string("Name:\ttest\nCapEff:\t") + effective + "\n");
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string headers() {
  utsname system{};
  uname(&system);
  return std::string("lib/modules/") + system.release + "/build/Makefile";
}

TEST(Modules, EachGateIsNamedInTurn) {
  Root root;
  EXPECT_NE(examine_modules(root.path()).state.find("no loadable modules"), std::string::npos);
  root.write("proc/modules", "");
  root.write("proc/sys/kernel/modules_disabled", "1\n");
  EXPECT_NE(examine_modules(root.path()).state.find("modules_disabled"), std::string::npos);
  root.write("proc/sys/kernel/modules_disabled", "0\n");
  EXPECT_NE(examine_modules(root.path()).remedy.find("linux-headers"), std::string::npos);
  root.write(headers(), "");
  root.capabilities("00000000a80425fb");  // a container's, without CAP_SYS_MODULE
  EXPECT_NE(examine_modules(root.path()).state.find("root only"), std::string::npos);
  EXPECT_EQ(examine_modules(root.path()).health, Health::limited);
  root.capabilities("000001ffffffffff");
  EXPECT_EQ(examine_modules(root.path()).health, Health::good);
}

TEST(Lockdown, SecureBootAndLockdownEachLimit) {
  Root root;
  EXPECT_EQ(examine_lockdown(root.path()).health, Health::good);
  root.write("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
  EXPECT_EQ(examine_lockdown(root.path()).health, Health::good);
  root.write("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
  EXPECT_EQ(examine_lockdown(root.path()).health, Health::limited);
  EXPECT_NE(examine_lockdown(root.path()).state.find("integrity"), std::string::npos);
  root.write("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
  root.write("sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
             std::string("\x06\0\0\0\x01", 5));
  EXPECT_NE(examine_lockdown(root.path()).state.find("Secure Boot on"), std::string::npos);
  EXPECT_EQ(examine_lockdown(root.path()).health, Health::limited);
}

TEST(Pmu, CountsMustBeNearTheTruth) {
  EXPECT_TRUE(judge_pmu(20'000'000, 20'000'000).counts);
  EXPECT_TRUE(judge_pmu(20'000'300, 20'000'000).counts);
  EXPECT_FALSE(judge_pmu(0, 20'000'000).counts);
  EXPECT_FALSE(judge_pmu(10'000'000, 20'000'000).counts);
  EXPECT_FALSE(judge_pmu(60'000'000, 20'000'000).counts);
}

TEST(Pmu, SaysWhyOnThisComputer) {
  EXPECT_FALSE(check_pmu().detail.empty());
}

TEST(Preflight, ReadsFields) {
  auto lines = parse_preflight(
      "good\tmirror\tanswers\tpackages can be fetched\t\n"
      "noise of some program\n"
      "bad\tdisk\t3 MB free\tnothing fits\tfree some space\n"
      "worse\tdisk\tx\ty\tz\n");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].health, Health::good);
  EXPECT_EQ(lines[0].remedy, "");
  EXPECT_EQ(lines[1].health, Health::bad);
  EXPECT_EQ(lines[1].remedy, "free some space");
  EXPECT_FALSE(is_fit(lines));
}

TEST(Preflight, SaysThatTheScriptIsMissing) {
  auto lines = run_preflight("/nonexistent");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].state.find("not examined"), std::string::npos);
  EXPECT_TRUE(is_fit(lines));
}

TEST(Text, FitsOneScreen) {
  std::vector<Diagnosis> lines(12, {Health::limited, "something", std::string(90, 'a') + " found",
                                    "a consequence of some length that needs a second line",
                                    "and a remedy that is not short either, in many words, as "
                                    "remedies are when they have to be exact"});
  std::istringstream text(to_text(lines));
  int count = 0;
  for (std::string line; std::getline(text, line); ++count) EXPECT_LE(line.size(), 115u) << line;
  EXPECT_LE(count, 50);
  EXPECT_GE(count, 24);
}

TEST(Text, LastLineIsTheVerdict) {
  std::vector<Diagnosis> lines = {{Health::limited, "KVM", "absent", "no kvm", "another computer"}};
  EXPECT_NE(to_text(lines).find("The simulated machine runs here"), std::string::npos);
  EXPECT_NE(to_text(lines).find("-> another computer"), std::string::npos);
  lines.push_back({Health::bad, "disk", "full", "nothing fits", "free some space"});
  EXPECT_NE(to_text(lines).find("does not run here"), std::string::npos);
}

}  // namespace
}  // namespace osext
