// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/runner/record_reporter.h"

#include <fmt/core.h>

#include <sstream>
#include <string_view>

namespace osext {
namespace {

// Why a run failed, or "".  The library renamed the fields: 1.7 (Debian 12) has
// `error_occurred`, 1.9 (Debian 13) `skipped`.
template <typename Run>
std::string failure_of(const Run& run) {
  if constexpr (requires { run.error_occurred; }) {
    if (!run.error_occurred) return "";
    return run.error_message.empty() ? "failed without a word" : run.error_message;
  } else {
    if (!run.skipped) return "";
    return run.skip_message.empty() ? "failed without a word" : run.skip_message;
  }
}

}  // namespace

void RecordReporter::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    const std::string& name = run.run_name.function_name;
    if (const std::string failure = failure_of(run); !failure.empty()) {
      ++failed_;
      writer_.status(Status::failed, failure);
      fmt::print("{}: failed: {}\n", name, failure);
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
