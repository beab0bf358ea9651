// SPDX-License-Identifier: GPL-2.0
// osext: the host tool.
//   osext run ...             plan, measure, report: what benchmarks/all calls
//   osext report DIR ...      rebuild a run's tables and page, or compare two runs
//   osext shell ...           boot the machine for a person
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "benchmarks/run/options.h"
#include "benchmarks/run/place.h"
#include "benchmarks/run/plan.h"
#include "benchmarks/run/run.h"
#include "machine/doctor.h"
#include "machine/machine.h"
#include "report/report.h"

namespace {

int run_command(const osext::RunOptions& options) {
  if (options.list) {
    fmt::print("{}", osext::list_plan(options));
    return 0;
  }
  const osext::Place place = osext::find_place();
  if (options.doctor) {
    const auto diagnoses = osext::examine({place.tree, place.build()});
    fmt::print("{}", osext::to_text(diagnoses));
    return osext::is_fit(diagnoses) ? 0 : 1;
  }
  return osext::run(options, place);
}

int report_command(const std::filesystem::path& run, const std::filesystem::path& other) {
  if (!other.empty()) {
    osext::compare(run, other, std::cout);
    return 0;
  }
  const auto summary = osext::write_report(run);
  osext::print_report(run, std::cout);
  if (!summary.plot_missing.empty()) fmt::print("{}\n", summary.plot_missing);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("osext: measure and compare ways of extending an operating system");
  app.require_subcommand(1);

  osext::RunOptions options;
  auto* run = app.add_subcommand("run", "measure and report");
  osext::add_run_options(*run, options);

  std::filesystem::path directory, other;
  auto* report = app.add_subcommand("report", "rebuild a report from its samples");
  report->add_option("DIR", directory, "run directory")->required();
  report->add_option("--compare", other,
                     "a second run: print the ratios of both, row by row, and their quotient");

  std::string kernel = "6.12";
  auto* shell =
      app.add_subcommand("shell", "boot the virtual machine with a shell on this terminal");
  shell->add_option("--kernel", kernel, "kernel to boot")->capture_default_str();

  CLI11_PARSE(app, argc, argv);
  try {
    if (*run) return run_command(options);
    if (*report) return report_command(directory, other);
    const osext::Place place = osext::find_place();
    osext::VmOptions vm;
    vm.build = place.build();
    vm.kernel = osext::kernel_name(place, kernel);
    osext::run_shell(vm, {{place.runner(), "/run/osext/osext-runner", 0755}});
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "osext: {}\n", error.what());
    return 2;
  }
}
