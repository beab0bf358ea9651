// SPDX-License-Identifier: GPL-2.0
// What a snapshot's key depends on, and messages when the set-up is missing.
#include "machine/vm/snapshot.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "machine/vm/command_line.h"

namespace osext {
namespace {
namespace fs = std::filesystem;

class SnapshotTest : public testing::Test {
 protected:
  SnapshotTest() {
    folder_ = fs::temp_directory_path() / ("snapshot-test-" + std::to_string(getpid()));
    fs::create_directories(folder_);
    options_.build = folder_;
    options_.image = folder_ / "image";
    std::ofstream(options_.image) << "image";
    setup_.qemu_version = "10.0.2";
    setup_.kernel = {"6.12", "6.12.95", "6.12.95-1", folder_ / "vmlinux"};
  }
  ~SnapshotTest() override { fs::remove_all(folder_); }
  std::string message(const std::string& json) {
    if (!json.empty()) std::ofstream(folder_ / "setup.json") << json;
    try {
      read_setup(folder_ / "setup.json", "6.12");
    } catch (const MachineError& error) {
      return error.what();
    }
    return "";
  }

  fs::path folder_;
  VmOptions options_;
  VmSetup setup_;
};

TEST_F(SnapshotTest, EverythingThatMattersIsInTheKey) {
  std::string manifest = snapshot_manifest(setup_, options_);
  EXPECT_EQ(snapshot_manifest(setup_, options_), manifest);
  auto changed = [&](auto change) {
    VmSetup setup = setup_;
    VmOptions options = options_;
    change(setup, options);
    return snapshot_manifest(setup, options) != manifest;
  };
  EXPECT_TRUE(changed([](auto& setup, auto&) { setup.kernel.package += "+"; }));
  EXPECT_TRUE(changed([](auto& setup, auto&) { setup.qemu_version = "10.1"; }));
  EXPECT_TRUE(changed([](auto&, auto& options) { options.shift = 1; }));
  std::ofstream(options_.image, std::ios::app) << "!";
  EXPECT_NE(snapshot_manifest(setup_, options_), manifest);
}

TEST_F(SnapshotTest, WhatDoesNotMatterIsNot) {
  std::string manifest = snapshot_manifest(setup_, options_);
  EXPECT_EQ(manifest.find(folder_.string()), std::string::npos) << "a path is in the key";
  fs::path moved = folder_ / "elsewhere";
  fs::rename(options_.image, moved);
  options_.image = moved;
  options_.plugin = "/some/plugin.so";
  options_.profile = "/some/profile";
  EXPECT_EQ(snapshot_manifest(setup_, options_), manifest);
}

TEST_F(SnapshotTest, AMissingImageNamesItsTarget) {
  fs::remove(options_.image);
  EXPECT_THROW(snapshot_manifest(setup_, options_), MachineError);
}

TEST_F(SnapshotTest, SetupMessagesSayWhatToDo) {
  EXPECT_NE(message("").find("benchmarks/all"), std::string::npos);
  EXPECT_NE(message("{").find("damaged"), std::string::npos);
  EXPECT_NE(message("{\"schema\": \"setup/9\"}").find("another version"), std::string::npos);
  EXPECT_NE(message("{\"schema\": \"setup/1\", \"kernels\": {\"6.1\": {}}}").find("there are: 6.1"),
            std::string::npos);
}

TEST_F(SnapshotTest, SimHasOneCpuAndNothingOfTheHosts) {
  VmStart start;
  start.incoming = true;
  auto words = qemu_command_line(setup_, options_, start, {"/region", 7, "/serial"});
  std::string line;
  for (const auto& word : words) line += word + " ";
  EXPECT_NE(line.find("-smp 1 "), std::string::npos) << line;
  EXPECT_NE(line.find("-icount shift=0,sleep=off"), std::string::npos) << line;
  EXPECT_NE(line.find("clock=vm"), std::string::npos) << line;
  EXPECT_NE(line.find("rdrand=off,rdseed=off"), std::string::npos) << line;
  EXPECT_NE(line.find("-incoming defer"), std::string::npos) << line;
  // One plugin, which does not count.
  EXPECT_NE(line.find("libosext_idle.so"), std::string::npos) << line;
  EXPECT_EQ(line.find("-plugin"), line.rfind("-plugin")) << line;
}

}  // namespace
}  // namespace osext
