// SPDX-License-Identifier: GPL-2.0
// Boots: two are equal, an interrupted one leaves nothing, of two at once one
// waits, and no QEMU outlives the tool that started it.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "machine/vm/process.h"
#include "tests/machine/vm_fixture.h"

namespace osext {
namespace {
namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

class VmBoot : public testing::Test {
 protected:
  VmBoot() {
    folder_ = fs::temp_directory_path() / ("vm-boot-" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  ~VmBoot() override { fs::remove_all(folder_); }

  SpawnOptions tool(std::vector<std::string> words, const fs::path& snapshots) {
    SpawnOptions options;
    options.argv = {OSEXT_VM, words[0], "--build", OSEXT_BUILD, "--snapshots", snapshots.string()};
    options.argv.insert(options.argv.end(), words.begin() + 1, words.end());
    return options;
  }

  // The QEMU that `parent` has started, or 0.
  static pid_t child_of(pid_t parent) {
    for (const auto& entry : fs::directory_iterator("/proc")) {
      std::ifstream in(entry.path() / "status");
      bool qemu = false;
      for (std::string line; std::getline(in, line);) {
        if (line.starts_with("Name:")) qemu = line.find("qemu") != std::string::npos;
        if (qemu && line.starts_with("PPid:") && std::stoi(line.substr(5)) == parent)
          return std::stoi(entry.path().filename());
      }
    }
    return 0;
  }
  static pid_t wait_for_child_of(pid_t parent) {
    for (int i = 0; i < 1000; i++) {
      if (pid_t pid = child_of(parent)) return pid;
      std::this_thread::sleep_for(milliseconds(20));
    }
    return 0;
  }
  static bool disappears(pid_t pid) {
    for (int i = 0; i < 500; i++) {
      if (!fs::exists(fmt::format("/proc/{}/exe", pid))) return true;
      std::this_thread::sleep_for(milliseconds(20));
    }
    return false;
  }

  fs::path folder_;
};

TEST_F(VmBoot, TwoBootsAreEqual) {
  OSEXT_NEEDS_VM("6.12");
  VmOptions one = counting_options_for("6.12");
  VmOptions two = one;
  one.snapshots = folder_ / "one";
  two.snapshots = folder_ / "another" / "path" / "two";
  auto first = make_sim(one);
  auto second = make_sim(two);
  EXPECT_NE(first->describe()["boot_nonce"], second->describe()["boot_nonce"]);
  EXPECT_EQ(first->describe()["snapshot"], second->describe()["snapshot"]);
  auto result = first->run(probe_unit("mix", seconds(120)));
  ASSERT_EQ(result.outcome, Outcome::finished) << result.reason;
  EXPECT_NE(result.console.find("\nend tsc="), std::string::npos);
  expect_equal(result, second->run(probe_unit("mix", seconds(120))));
}

TEST_F(VmBoot, AnInterruptedBootLeavesNoSnapshotAndNoQemu) {
  OSEXT_NEEDS_VM("6.12");
  Process process(tool({"snapshot"}, folder_));
  pid_t qemu = wait_for_child_of(process.pid());
  ASSERT_NE(qemu, 0);
  std::this_thread::sleep_for(seconds(1));
  kill(process.pid(), SIGINT);
  ASSERT_TRUE(process.wait_until(deadline_in(seconds(30))));
  EXPECT_TRUE(disappears(qemu));
  for (const auto& entry : fs::recursive_directory_iterator(folder_))
    EXPECT_TRUE(entry.path().string().find(".new") != std::string::npos ||
                entry.path().extension() == ".lock")
        << entry.path();
}

TEST_F(VmBoot, OfTwoProcessesOneBootsAndTheOtherWaits) {
  OSEXT_NEEDS_VM("6.12");
  Process one(tool({"snapshot"}, folder_));
  Process two(tool({"snapshot"}, folder_));
  for (Process* process : {&one, &two}) {
    auto status = process->wait_until(deadline_in(seconds(400)));
    ASSERT_TRUE(status);
    EXPECT_EQ(*status, 0);
  }
  int snapshots = 0;
  for (const auto& entry : fs::directory_iterator(folder_)) snapshots += entry.is_directory();
  EXPECT_EQ(snapshots, 1);
}

class VmKill : public VmBoot, public testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(Signal, VmKill, testing::Values(SIGINT, SIGTERM, SIGKILL));

TEST_P(VmKill, NoQemuOutlivesTheTool) {
  OSEXT_NEEDS_VM("6.12");
  Process process(tool({"run", "--limit", "300", "--", "sh", "-c", "while :; do :; done"},
                       OSEXT_BUILD "/snapshots"));
  pid_t qemu = wait_for_child_of(process.pid());
  ASSERT_NE(qemu, 0);
  std::this_thread::sleep_for(seconds(1));
  kill(process.pid(), GetParam());
  ASSERT_TRUE(process.wait_until(deadline_in(seconds(30))));
  EXPECT_TRUE(disappears(qemu)) << qemu;
}

}  // namespace
}  // namespace osext
