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
  {
    const RunDirectory same(folder_, {{"seed", 1}}, false);
    EXPECT_EQ(same.resumed_units(), 1);
    const auto kept = same.finished("unit");
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->samples.at(0).values, unit().samples.at(0).values);
    EXPECT_EQ(kept->notes, unit().notes);
    EXPECT_FALSE(same.finished("another"));
  }
  const RunDirectory other(folder_, {{"seed", 2}}, false);
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
    run.complete(unit().samples, {{"schema", "run/1"}});
    EXPECT_TRUE(fs::exists(folder_ / "samples.jsonl"));
    EXPECT_TRUE(fs::exists(folder_ / "run.json"));
    EXPECT_FALSE(fs::exists(folder_ / "units"));
  }
  EXPECT_EQ(RunDirectory(folder_, {}, false).resumed_units(), 0);
  EXPECT_FALSE(fs::exists(folder_ / "samples.jsonl"));
}

// Also files in folders whose names a run would use, and among a run's own.
TEST_F(RunDirectoryTest, ForeignFilesAreLeftAlone) {
  for (const char* name : {"thesis.tex", "plots/figure.gp", "tables/t.tex", "run.json"}) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << "precious";
    EXPECT_THROW(RunDirectory(folder_, {}, true), std::runtime_error) << name;
    EXPECT_EQ(read_file(folder_ / name), "precious");
    fs::remove_all(folder_);
  }
  { RunDirectory(folder_, {}, false).complete({}, {{"schema", "run/1"}}); }
  std::ofstream(folder_ / "notes.txt") << "precious";
  EXPECT_THROW(RunDirectory(folder_, {}, true), std::runtime_error);
  EXPECT_EQ(read_file(folder_ / "notes.txt"), "precious");
}

TEST_F(RunDirectoryTest, WhatAnInterruptedWriterLeftIsNoHindrance) {
  { RunDirectory(folder_, {}, false).complete({}, {{"schema", "run/1"}}); }
  std::ofstream(folder_ / "samples.jsonl.part") << "half";
  std::ofstream(folder_ / "report.html.new") << "half";
  EXPECT_NO_THROW(RunDirectory(folder_, {}, false));
  EXPECT_FALSE(fs::exists(folder_ / "samples.jsonl.part"));
}

TEST_F(RunDirectoryTest, TwoRunsDoNotShareADirectory) {
  const RunDirectory first(folder_, {}, false);
  EXPECT_THROW(RunDirectory(folder_, {}, true), std::runtime_error);
  EXPECT_TRUE(fs::exists(folder_ / "units" / "environment.json"));
}

// Bytes from inside a machine need not be text.
TEST_F(RunDirectoryTest, NotesMayHoldAnyBytes) {
  const RunDirectory run(folder_, {}, false);
  RunDirectory::UnitFiles files = unit();
  files.notes["cpu"] = std::string("\xff\xfe");
  run.keep("unit", files);
  EXPECT_TRUE(run.finished("unit"));
  EXPECT_NO_THROW(run.complete(files.samples, {{"schema", "run/1"}, {"notes", files.notes}}));
}

}  // namespace
}  // namespace osext
