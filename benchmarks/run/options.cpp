// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/run/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

namespace osext {

void add_run_options(CLI::App& command, RunOptions& options) {
  bool quick = false;
  auto* quick_flag = command.add_flag("--quick", quick, "1,000 operations a row (the default)");
  command.add_flag("--full", options.full, "10,000 operations of most rows, as in the paper")
      ->excludes(quick_flag);
  command.add_option("--machine", options.machine, "where to measure")
      ->check(CLI::IsMember({"sim", "kvm", "native"}))
      ->capture_default_str();
  command
      .add_option("--kernel", options.kernel,
                  "6.12, 6.1, or a linux-image .deb with its headers .deb beside it")
      ->capture_default_str();
  command
      .add_option("--profile", options.profiles,
                  "CPU profiles of the simulated machine (default: pentium4,zen3)")
      ->delimiter(',');
  command.add_option("--only", options.experiments, "experiments to run (default: all)")
      ->delimiter(',');
  command.add_option("--mechanism", options.mechanisms, "mechanisms to run (default: all)")
      ->delimiter(',');
  command.add_option("--seed", options.seed, "seed of everything random")->capture_default_str();
  command.add_option("--out", options.out, "run directory (default: results/latest)");
  command.add_option("--snapshots", options.snapshots,
                     "folder of the booted machines' snapshots (default: build/snapshots)");
  command.add_flag("--fresh", options.fresh, "start over: no resuming, new snapshots");
  command.add_flag("--list", options.list, "print the matrix of cells and stop");
  command.add_flag("--doctor", options.doctor, "say what this computer can do and stop");
}

std::string command_text(const RunOptions& options) {
  std::string text = options.full ? "benchmarks/all --full" : "benchmarks/all --quick";
  if (options.machine != "sim") text += " --machine " + options.machine;
  if (options.machine != "native" && options.kernel != "6.12")
    text += " --kernel " + std::filesystem::path(options.kernel).filename().string();
  const auto add_list = [&](const char* name, const std::vector<std::string>& items) {
    if (!items.empty()) text += fmt::format(" {} {}", name, fmt::join(items, ","));
  };
  add_list("--profile", options.profiles);
  add_list("--only", options.experiments);
  add_list("--mechanism", options.mechanisms);
  if (options.seed != 1) text += fmt::format(" --seed {}", options.seed);
  return text;
}

}  // namespace osext
