// SPDX-License-Identifier: GPL-2.0
// osext-safex cpu: reserves CPU time for threads, and says how they fare.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace osext {

class SafexCpuCommand {
 public:
  explicit SafexCpuCommand(CLI::App& tool);
  bool asked() const { return command_->parsed(); }
  // The tool's exit status.  Throws std::runtime_error or what it is derived from.
  int run() const;

 private:
  int manage() const;

  CLI::App *command_, *manage_;
  std::vector<std::string> threads_;  // PID=TARGET/PERIOD, in ms
  std::string monitor_, handler_, form_ = "printed";
  bool keep_priority_ = false;
  double seconds_ = 0;
};

}  // namespace osext
