// SPDX-License-Identifier: GPL-2.0
// A run directory's two inputs: run.json and samples.jsonl.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "measure/sample.h"

namespace osext::report {

// What the report needs of run.json by name, and all of it.
struct RunInfo {
  std::string machine;         // sim, kvm or native; required
  std::string kernel;          // kernel.name, the short one; required
  std::string kernel_release;  // "" if the run does not say
  std::string kernel_package;
  std::string command_line;  // of the measured kernel
  std::vector<std::string> profiles;
  std::string mode;  // quick or full
  // Every value in it with the names that lead to it, "kernel.name", in its order; a list is one.
  // Without the plan's cells, which the tables show.
  std::vector<std::pair<std::string, std::string>> environment;
};

struct Run {
  RunInfo info;
  std::vector<Sample> samples;
};

// Throws std::runtime_error that names the file and what to do.
Run load_run(const std::filesystem::path& directory);

// The same from text, for tests; `name` is the file's name in errors.
RunInfo parse_run_info(std::string_view text, const std::string& name);

// "6.12 (6.12.95+deb12-amd64)"
std::string kernel_text(const RunInfo& info);

// Text from outside on one line, without control characters that a terminal would obey.
std::string one_line(std::string_view text);

}  // namespace osext::report
