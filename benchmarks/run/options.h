// SPDX-License-Identifier: GPL-2.0
// What a user may ask of `osext run`: the options of benchmarks/all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace osext {

struct RunOptions {
  bool full = false;  // --quick is the default
  std::string machine = "sim";
  std::string kernel = "6.12";
  std::vector<std::string> profiles;
  std::vector<std::string> experiments;  // empty: all
  std::vector<std::string> mechanisms;   // empty: all
  std::uint64_t seed = 1;
  std::filesystem::path out;
  std::filesystem::path snapshots;  // default: build/snapshots
  bool fresh = false;
  bool list = false;
  bool doctor = false;

  // Operations of a series.  The papers ran every microbenchmark 10,000 times.
  std::uint64_t operations() const { return full ? 10'000 : 1'000; }
};

// Adds the options to a (sub)command of the tool.
void add_run_options(CLI::App& command, RunOptions& options);

// The command as the README writes it: defaults left out, no path, no host name.
std::string command_text(const RunOptions& options);

}  // namespace osext
