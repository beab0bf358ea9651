// SPDX-License-Identifier: GPL-2.0
// The plugin's slowdown: boots the guest with and without it and compares the CPU
// time that QEMU's vCPU thread needs for the same loops.
//
//   measures: host CPU time of one thread, so that other load disturbs little
//   excludes: boot, and the first translation of the loops' code
//   expected: counting 1.1 to 1.7 times, watching 1.3 to 2.2 times
#include <fcntl.h>
#include <fmt/format.h>
#include <osext/shared_region.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "machine/vm/command_line.h"
#include "machine/vm/memory_file.h"
#include "machine/vm/process.h"

namespace osext {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path setup_file = "build/setup.json";
  std::string kernel = "6.12";
  fs::path qemu, vmlinux;
  std::vector<fs::path> qemu_data;
  fs::path guest = "build/host/benchmarks/simulator/guest.cpio";
  fs::path plugin = "build/host/machine/sim/libosext_plugin.so";
  std::vector<fs::path> profiles = {"machine/sim/profiles/pentium4.profile",
                                    "machine/sim/profiles/pentium3.profile",
                                    "machine/sim/profiles/zen3.profile"};
  unsigned rounds = 5;
  double limit = 2.5;
};

// Medians of CPU time in nanoseconds, by loop.
using Medians = std::map<std::string, std::uint64_t>;

// CPU time in nanoseconds of the thread in which QEMU runs the guest.
std::uint64_t vcpu_time_ns(pid_t qemu) {
  for (const auto& task : fs::directory_iterator(fmt::format("/proc/{}/task", qemu))) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    if (!name.ends_with("/TCG")) continue;
    std::uint64_t time_ns = 0;
    if (std::ifstream(task.path() / "schedstat") >> time_ns) return time_ns;
  }
  throw MachineError("QEMU shows no vCPU thread with a CPU time in /proc");
}

// Lines that arrive on a descriptor.
class Lines {
 public:
  Lines(int fd, Deadline deadline) : fd_(fd), deadline_(deadline) {}
  // False at the end; throws MachineError when the time is over.
  bool next(std::string& line) {
    for (;;) {
      if (const auto end = text_.find('\n'); end != text_.npos) {
        line = text_.substr(0, end);
        text_.erase(0, end + 1);
        if (line.ends_with('\r')) line.pop_back();
        return true;
      }
      pollfd ready{fd_, POLLIN, 0};
      if (poll(&ready, 1, remaining_ms(deadline_)) <= 0)
        throw MachineError("the guest did not finish in time");
      char bytes[512];
      const ssize_t count = read(fd_, bytes, sizeof bytes);
      if (count <= 0) return false;
      text_.append(bytes, static_cast<std::size_t>(count));
    }
  }

 private:
  int fd_;
  Deadline deadline_;
  std::string text_;
};

std::uint64_t median(std::vector<std::uint64_t> values) {
  std::ranges::sort(values);
  return values[(values.size() - 1) / 2];
}

// Boots the guest and runs its loops; an empty profile means no plugin.
Medians run(const VmSetup& setup, const Options& options, const fs::path& profile, bool watch) {
  int console[2];
  if (pipe2(console, O_CLOEXEC)) throw MachineError("cannot make a pipe");
  Descriptor from_guest(console[0]), to_host(console[1]);
  const MemoryFile region("region", OSEXT_REGION_SIZE);

  VmOptions vm;
  vm.image = options.guest;
  vm.plugin = fs::absolute(options.plugin);
  if (!profile.empty()) vm.profile = fs::absolute(profile);
  VmStart start;
  start.counting = !profile.empty();
  start.kernel_words = fmt::format("watch={} rounds={}", watch ? 1 : 0, options.rounds);
  SpawnOptions spawn;
  spawn.argv = qemu_command_line(setup, vm, start,
                                 {region.path(), -1, fmt::format("/proc/self/fd/{}", console[1])});
  spawn.argv.insert(spawn.argv.end(), {"-name", "slowdown,debug-threads=on"});
  spawn.keep = {region.fd(), to_host.get()};
  Process qemu(spawn);
  to_host.reset();

  Lines lines(from_guest.get(), deadline_in(std::chrono::minutes(10)));
  std::map<std::string, std::vector<std::uint64_t>> times_ns;
  std::uint64_t began_ns = 0;
  bool finished = false;
  for (std::string line; !finished && lines.next(line);) {
    if (line.starts_with("begin ")) {
      began_ns = vcpu_time_ns(qemu.pid());
    } else if (line.starts_with("end ")) {
      times_ns[line.substr(4)].push_back(vcpu_time_ns(qemu.pid()) - began_ns);
    }
    finished = line == "finished";
  }
  if (!finished) throw MachineError("QEMU or its guest ended before the loops did");
  Medians medians;
  for (const auto& [loop, values] : times_ns) medians[loop] = median(values);
  return medians;
}

VmSetup find_setup(const Options& options) {
  VmSetup setup;
  if (options.qemu.empty() || options.vmlinux.empty())
    setup = read_setup(options.setup_file, options.kernel);
  if (!options.qemu.empty()) {
    setup.qemu = options.qemu;
    setup.qemu_data = options.qemu_data;
  }
  if (!options.vmlinux.empty()) setup.kernel.vmlinux = options.vmlinux;
  return setup;
}

// Prints one way's row of ratios; returns the largest.
double print_row(const std::string& name, const Medians& medians, const Medians& base) {
  double largest = 0;
  fmt::print("{:<22}", name);
  for (const auto& [loop, time_ns] : medians) {
    const double ratio = static_cast<double>(time_ns) / static_cast<double>(base.at(loop));
    largest = std::max(largest, ratio);
    fmt::print("{:>9.0f} ms {:>5.2f}", static_cast<double>(time_ns) / 1e6, ratio);
  }
  fmt::print("\n");
  return largest;
}

int compare(const Options& options) {
  const VmSetup setup = find_setup(options);
  fmt::print("CPU time of the vCPU thread, median of {}, and ratio to no plugin\n", options.rounds);
  const Medians base = run(setup, options, "", false);
  fmt::print("{:<22}", "");
  for (const auto& [loop, unused] : base) fmt::print("{:>18}", loop);
  fmt::print("\n");
  print_row("no plugin", base, base);
  print_row("counting", run(setup, options, options.profiles.front(), false), base);
  double largest = 0;
  for (const fs::path& profile : options.profiles)
    largest = std::max(largest, print_row("watching, " + profile.stem().string(),
                                          run(setup, options, profile, true), base));
  fmt::print("largest ratio while watching: {:.2f} (limit {:.2f})\n", largest, options.limit);
  return largest <= options.limit ? 0 : 1;
}

}  // namespace
}  // namespace osext

int main(int argc, char** argv) {
  osext::Options options;
  CLI::App app("Measures how much the counting plugin slows a simulated machine down.");
  app.add_option("--setup", options.setup_file, "What the set-up wrote")->capture_default_str();
  app.add_option("--kernel", options.kernel, "A kernel named there")->capture_default_str();
  app.add_option("--qemu", options.qemu, "This QEMU instead");
  app.add_option("--qemu-data", options.qemu_data, "Its firmware folders");
  app.add_option("--vmlinux", options.vmlinux, "This kernel image instead");
  app.add_option("--guest", options.guest)->capture_default_str();
  app.add_option("--plugin", options.plugin)->capture_default_str();
  app.add_option("--profile", options.profiles, "CPU profiles to watch with");
  app.add_option("--rounds", options.rounds)->check(CLI::Range(1, 100))->capture_default_str();
  app.add_option("--limit", options.limit, "Largest ratio allowed")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    return osext::compare(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "osext-slowdown: {}\n", error.what());
    return 2;
  }
}
