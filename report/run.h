// SPDX-License-Identifier: GPL-2.0
// A run directory's two inputs: run.json and samples.jsonl.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "measure/sample.h"

namespace osext::report {

// What the report needs of run.json by name; everything in it is in `json`.
struct RunInfo {
  nlohmann::ordered_json json;
  std::string machine;         // sim, kvm or native; required
  std::string kernel;          // kernel.name, the short one; required
  std::string kernel_release;  // "" if the run does not say
  std::string kernel_package;
  std::string command_line;  // of the measured kernel
  std::vector<std::string> profiles;
  std::string mode;  // quick or full
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
