// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/runner/record_reporter.h"

#include <fmt/core.h>

#include <sstream>
#include <string_view>

namespace osext {

void RecordReporter::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    const std::string& name = run.run_name.function_name;
    if (run.error_occurred) {
      ++failed_;
      writer_.status(Status::failed, run.error_message);
      fmt::print("{}: failed: {}\n", name, run.error_message);
    } else {
      writer_.status(Status::ok, "");
      fmt::print("{}: ok, {} pairs in {:.3f} s\n", name, run.iterations, run.real_accumulated_time);
    }
  }
  std::fflush(stdout);
}

std::string benchmark_library_build() {
  // The library tells only its own JSON reporter.
  std::ostringstream text;
  benchmark::JSONReporter reporter;
  reporter.SetOutputStream(&text);
  reporter.ReportContext(benchmark::BenchmarkReporter::Context());
  const std::string json = text.str();
  const std::string_view key = "\"library_build_type\": \"";
  const std::size_t at = json.find(key);
  if (at == std::string::npos) return "unknown";
  const std::size_t from = at + key.size();
  return json.substr(from, json.find('"', from) - from);
}

}  // namespace osext
