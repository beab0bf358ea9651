// SPDX-License-Identifier: GPL-2.0
// osext: the host tool.
//   osext run ...             plan, measure, report: what benchmarks/all calls
//   osext report DIR ...      rebuild a run's tables and page, or compare two runs
//   osext shell ...           boot the machine for a person
//   osext hijack ...          run a program as Hijack's guest, on this computer
//   osext uls ...             load extensions into the sandbox, on this computer
//   osext safex ...           load verified extensions into the kernel, on this computer
#include <fmt/format.h>
#include <unistd.h>

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

// Goes on as another program of the tree.
[[noreturn]] void become(const std::filesystem::path& program, std::vector<std::string> words) {
  words.insert(words.begin(), program);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  throw std::runtime_error(fmt::format("cannot run {}", program.string()));
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

  auto* hijack = app.add_subcommand(
      "hijack", "run a program as a guest of Hijack's executive (module loaded, as root)");
  hijack->prefix_command();
  auto* uls = app.add_subcommand(
      "uls", "load, call, read and unload extensions in the sandbox (module loaded, as root)");
  uls->prefix_command();
  auto* safex = app.add_subcommand(
      "safex", "load, list and end verified extensions in the kernel (module loaded, as root)");
  safex->prefix_command();

  CLI11_PARSE(app, argc, argv);
  try {
    if (*run) return run_command(options);
    if (*report) return report_command(directory, other);
    const osext::Place place = osext::find_place();
    if (*hijack) become(place.hijack_launcher(), hijack->remaining());
    if (*uls) become(place.uls_tool(), uls->remaining());
    if (*safex) become(place.safex_tool(), safex->remaining());
    osext::VmOptions vm;
    vm.build = place.build();
    vm.kernel = osext::kernel_name(place, kernel);
    const std::string inside = "/run/osext/";
    osext::run_shell(
        vm, {{place.runner(), inside + "osext-runner", 0755},
             {place.tree / "benchmarks" / "guest" / "osext", inside + "osext", 0755},
             {place.hijack_launcher(), inside + "osext-hijack", 0755},
             {place.executive(), inside + "osext-executive", 0755},
             {place.modules(vm.kernel) / "osext_hijack.ko", inside + "osext_hijack.ko", 0644},
             {place.uls_tool(), inside + "osext-uls", 0755},
             {place.uls_example(), inside + "count.uls", 0644},
             {place.modules(vm.kernel) / "osext_uls.ko", inside + "osext_uls.ko", 0644},
             {place.safex_tool(), inside + "osext-safex", 0755},
             {place.safex_example(), inside + "count.bpf.o", 0644},
             {place.modules(vm.kernel) / "osext_safex.ko", inside + "osext_safex.ko", 0644}});
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "osext: {}\n", error.what());
    return 2;
  }
}
