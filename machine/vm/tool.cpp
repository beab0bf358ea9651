// SPDX-License-Identifier: GPL-2.0
// osext-vm: one command in a machine, for developers and for tests.
//   osext-vm run [options] -- PROGRAM [ARGUMENT]...
//   osext-vm shell [options]
//   osext-vm snapshot [options]    boots and freezes the machine, if there is none
// Exit status of run: the program's; 124 stopped at its time limit; 125 the
// machine crashed or could not be had, or its kernel log shows a problem.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "machine/machine.h"

namespace {
namespace fs = std::filesystem;

struct Arguments {
  std::string machine = "sim";
  std::string profile;
  std::vector<std::string> files;
  std::vector<std::string> argv;
  std::string records, records_out, ring_out;
  long limit_s = 60;
  bool allow_modules = false, show_log = false, describe = false;
  osext::VmOptions vm;
};

// HOST:GUEST, or HOST alone for /run/osext/NAME.
osext::UnitFile parse_file(const std::string& text) {
  size_t colon = text.find(':');
  fs::path host = text.substr(0, colon);
  std::error_code error;
  auto status = fs::status(host, error);
  if (!fs::is_regular_file(status))
    throw osext::MachineError(fmt::format("{} is not a file", host.string()));
  std::string guest = colon == std::string::npos ? "/run/osext/" + host.filename().string()
                                                 : text.substr(colon + 1);
  return {host, guest, static_cast<unsigned>(status.permissions()) & 0777U};
}

std::vector<osext::UnitFile> parse_files(const std::vector<std::string>& texts) {
  std::vector<osext::UnitFile> files;
  for (const auto& text : texts) files.push_back(parse_file(text));
  return files;
}

// A profile by its name in the tree, or by its path.
void choose_profile(Arguments& arguments) {
  if (arguments.profile.empty()) return;
  fs::path named = arguments.profile;
  if (!fs::exists(named)) named = "machine/sim/profiles/" + arguments.profile + ".profile";
  if (!fs::exists(named))
    throw osext::MachineError(fmt::format("there is no CPU profile {}", arguments.profile));
  arguments.vm.profile = named;
  if (arguments.vm.plugin.empty())
    arguments.vm.plugin = arguments.vm.build / "host/machine/sim/libosext_plugin.so";
}

std::unique_ptr<osext::Machine> make_machine(const Arguments& arguments) {
  if (arguments.machine == "sim") return osext::make_sim(arguments.vm);
  if (arguments.machine == "smp") return osext::make_smp(arguments.vm);
  if (arguments.machine == "kvm") return osext::make_kvm(arguments.vm);
  return osext::make_native({arguments.allow_modules});
}

void write_file(const std::string& path, const void* bytes, size_t size) {
  std::ofstream out(path, std::ios::binary);
  out.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
  out.close();
  if (!out) throw osext::MachineError(fmt::format("cannot write {}", path));
}

std::string last_lines(const std::string& text, int count) {
  size_t at = text.size();
  while (count-- >= 0 && at != std::string::npos && at > 0) at = text.rfind('\n', at - 1);
  return at == std::string::npos || at == 0 ? text : text.substr(at + 1);
}

int show(const osext::UnitResult& result, const Arguments& arguments) {
  fmt::print("{}", result.console);
  std::fflush(stdout);
  bool crashed = result.outcome == osext::Outcome::crashed;
  auto problems = osext::kernel_log_problems(result.kernel_log);
  if (arguments.show_log) fmt::print(stderr, "--- kernel log\n{}\n---\n", result.kernel_log);
  if (!arguments.show_log && (crashed || !problems.empty()))
    fmt::print(stderr, "--- end of the kernel log (--kernel-log shows all)\n{}\n---\n",
               last_lines(result.kernel_log, 60));
  for (const auto& problem : problems) fmt::print(stderr, "kernel problem: {}\n", problem);
  if (!result.ring.empty() || result.ring_lost != 0)
    fmt::print(stderr, "ring: {} entries, {} lost\n", result.ring.size(), result.ring_lost);
  if (result.outcome != osext::Outcome::finished)
    fmt::print(stderr, "{}: {}\n", osext::to_string(result.outcome), result.reason);
  if (!arguments.records_out.empty())
    write_file(arguments.records_out, result.records.data(), result.records.size());
  if (!arguments.ring_out.empty())
    write_file(arguments.ring_out, result.ring.data(), result.ring.size() * sizeof result.ring[0]);
  if (result.outcome == osext::Outcome::timeout) return 124;
  if (crashed || !problems.empty()) return 125;
  return result.exit_status;
}

int run(Arguments& arguments) {
  choose_profile(arguments);
  auto machine = make_machine(arguments);
  if (arguments.describe)
    for (const auto& [name, value] : machine->describe()) fmt::print("{}={}\n", name, value);
  if (arguments.argv.empty()) return 0;
  osext::Unit unit{arguments.argv[0], arguments.argv, parse_files(arguments.files),
                   arguments.records, std::chrono::seconds(arguments.limit_s)};
  auto begin = std::chrono::steady_clock::now();
  auto result = machine->run(unit);
  int status = show(result, arguments);
  std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  fmt::print(stderr, "{} in {:.2f} s on {}\n", osext::to_string(result.outcome), wall.count(),
             arguments.machine);
  return status;
}

void add_common(CLI::App& command, Arguments& arguments) {
  command.add_option("--kernel", arguments.vm.kernel, "kernel named in setup.json")
      ->capture_default_str();
  command.add_option("--kernel-words", arguments.vm.kernel_words,
                     "more words for the kernel's command line, such as highres=off");
  command.add_option("--build", arguments.vm.build, "build folder")->capture_default_str();
  command.add_option("--image", arguments.vm.image, "guest image, default BUILD/image/slim.cpio");
  command.add_option("--file", arguments.files, "HOST:GUEST, a file to send along");
}

void add_sim(CLI::App& command, Arguments& arguments) {
  command.add_option("--shift", arguments.vm.shift, "an instruction takes 2^shift ns")
      ->check(CLI::Range(0, 10));
  command.add_option("--snapshots", arguments.vm.snapshots, "default BUILD/snapshots");
  command.add_flag("--fresh", arguments.vm.fresh, "boot even if there is a snapshot");
  command.add_flag("--describe", arguments.describe, "print what describes the machine");
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("One command in a machine of osext's");
  app.require_subcommand(1);
  auto* run_command = app.add_subcommand("run", "run a program and print what it printed");
  add_common(*run_command, arguments);
  add_sim(*run_command, arguments);
  run_command->add_option("--machine", arguments.machine)
      ->check(CLI::IsMember({"sim", "smp", "kvm", "native"}))
      ->capture_default_str();
  run_command->add_option("--profile", arguments.profile, "CPU profile; without it no counters");
  run_command->add_option("--plugin", arguments.vm.plugin, "the counting plugin");
  run_command->add_option("--limit", arguments.limit_s, "seconds of wall time")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  run_command->add_option("--records", arguments.records, "guest path of a record file");
  run_command->add_option("--records-out", arguments.records_out, "where to write it");
  run_command->add_option("--ring-out", arguments.ring_out, "where to write the counter ring");
  run_command->add_flag("--kernel-log", arguments.show_log, "print the kernel's log");
  run_command->add_flag("--allow-modules", arguments.allow_modules,
                        "native: let the unit load modules into this computer's kernel");
  run_command->add_option("argv", arguments.argv, "the program and its arguments")->required();
  auto* shell = app.add_subcommand("shell", "boot with a shell on this terminal");
  add_common(*shell, arguments);
  auto* snapshot = app.add_subcommand("snapshot", "boot and freeze the machine sim");
  add_common(*snapshot, arguments);
  add_sim(*snapshot, arguments);
  CLI11_PARSE(app, argc, argv);
  try {
    if (*shell) {
      osext::run_shell(arguments.vm, parse_files(arguments.files));
      return 0;
    }
    arguments.describe = arguments.describe || *snapshot;
    return run(arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "osext-vm: {}\n", error.what());
    return 125;
  }
}
