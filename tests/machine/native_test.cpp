// SPDX-License-Identifier: GPL-2.0
// Units on this computer.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "machine/machine.h"

namespace osext {
namespace {

class Native : public testing::Test {
 protected:
  Native() {
    file_ = std::filesystem::temp_directory_path() / ("native-test-" + std::to_string(getpid()));
    std::ofstream(file_) << "#!/bin/sh\necho ran in \"$PWD\"\nprintf rec >\"$1\"\nexit ${2:-0}\n";
  }
  ~Native() override { std::filesystem::remove(file_); }
  Unit unit() const {
    return {"u",
            {"/run/osext/prog", "/run/osext/records"},
            {{file_, "/run/osext/prog", 0755}},
            "/run/osext/records",
            std::chrono::seconds(30)};
  }
  std::filesystem::path file_;
  std::unique_ptr<Machine> machine_ = make_native({});
};

TEST_F(Native, RunsInAFolderThatIsGoneAfterwards) {
  auto result = machine_->run(unit());
  EXPECT_EQ(result.outcome, Outcome::finished) << result.reason;
  EXPECT_EQ(result.records, "rec");
  ASSERT_EQ(result.console.rfind("ran in /", 0), 0U) << result.console;
  std::string folder = result.console.substr(7, result.console.find('\n') - 7);
  EXPECT_FALSE(std::filesystem::exists(folder)) << folder;
}

TEST_F(Native, ReportsFailureAndTimeout) {
  Unit failing = unit();
  failing.argv.push_back("4");
  auto result = machine_->run(failing);
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_EQ(result.exit_status, 4);
  Unit endless{"endless", {"sleep", "100"}, {}, "", std::chrono::seconds(1)};
  EXPECT_EQ(machine_->run(endless).outcome, Outcome::timeout);
}

TEST_F(Native, RefusesModulesAndForeignPlaces) {
  Unit module = unit();
  module.files[0].guest = "/run/osext/evil.ko";
  EXPECT_THROW(machine_->run(module), MachineError);
  Unit outside = unit();
  outside.files[0].guest = "/etc/motd";
  EXPECT_THROW(machine_->run(outside), MachineError);
  outside.files[0].guest = "/run/osext/../../etc/motd";
  EXPECT_THROW(machine_->run(outside), MachineError);
}

TEST_F(Native, DescribesItself) {
  auto facts = machine_->describe();
  EXPECT_EQ(facts["id"], "native");
  EXPECT_FALSE(facts["kernel_release"].empty());
}

}  // namespace
}  // namespace osext
