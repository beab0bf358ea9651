// SPDX-License-Identifier: GPL-2.0
// The run directory: resuming, refusing, completing.
#include "benchmarks/run/run_directory.h"

#include <gtest/gtest.h>

#include <fstream>

namespace osext {
namespace {

namespace fs = std::filesystem;

class RunDirectoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "osext-run-XXXXXX").string();
    folder_ = fs::path(mkdtemp(name.data())) / "run";
  }
  void TearDown() override { fs::remove_all(folder_.parent_path()); }

  static RunDirectory::UnitFiles unit() {
    Sample sample;
    sample.cell = {"e", "m", "w", {{"bytes", "1"}}};
    sample.metric = "instructions";
    sample.values = {1, 2, 3};
    return {{sample}, {{"cpu", "x"}}};
  }

  fs::path folder_;
};

TEST_F(RunDirectoryTest, ResumesInAnEqualEnvironmentOnly) {
  { RunDirectory(folder_, {{"seed", 1}}, false).keep("unit", unit()); }
  RunDirectory same(folder_, {{"seed", 1}}, false);
  EXPECT_EQ(same.resumed_units(), 1);
  const auto kept = same.finished("unit");
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->samples.at(0).values, unit().samples.at(0).values);
  EXPECT_EQ(kept->notes, unit().notes);
  EXPECT_FALSE(same.finished("another"));

  RunDirectory other(folder_, {{"seed", 2}}, false);
  EXPECT_EQ(other.resumed_units(), 0);
}

TEST_F(RunDirectoryTest, FreshForgets) {
  { RunDirectory(folder_, {}, false).keep("unit", unit()); }
  EXPECT_EQ(RunDirectory(folder_, {}, true).resumed_units(), 0);
}

TEST_F(RunDirectoryTest, ACompletedRunIsNeverResumed) {
  {
    RunDirectory run(folder_, {}, false);
    run.keep("unit", unit());
    run.complete(unit().samples, {{"machine", "sim"}});
    EXPECT_TRUE(fs::exists(folder_ / "samples.jsonl"));
    EXPECT_TRUE(fs::exists(folder_ / "run.json"));
    EXPECT_FALSE(fs::exists(folder_ / "units"));
  }
  EXPECT_EQ(RunDirectory(folder_, {}, false).resumed_units(), 0);
  EXPECT_FALSE(fs::exists(folder_ / "samples.jsonl"));
}

TEST_F(RunDirectoryTest, ForeignFilesAreLeftAlone) {
  fs::create_directories(folder_);
  std::ofstream(folder_ / "thesis.tex") << "precious";
  EXPECT_THROW(RunDirectory(folder_, {}, true), std::runtime_error);
  EXPECT_EQ(read_file(folder_ / "thesis.tex"), "precious");
}

}  // namespace
}  // namespace osext
