// SPDX-License-Identifier: GPL-2.0
// RecordReporter: Google Benchmark's report of a finished cell becomes the STATUS frame that closes
// it in the record file, and one plain line on the terminal.
#pragma once

#include <benchmark/benchmark.h>

#include "measure/raw_writer.h"

namespace osext {

class RecordReporter : public benchmark::BenchmarkReporter {
 public:
  explicit RecordReporter(RawWriter& writer) : writer_(writer) {}

  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override;

  std::size_t failed() const { return failed_; }

 private:
  RawWriter& writer_;
  std::size_t failed_ = 0;
};

// How the benchmark library was built, as it says itself: "debug" or "release".
std::string benchmark_library_build();

}  // namespace osext
