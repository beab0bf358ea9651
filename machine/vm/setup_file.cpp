// SPDX-License-Identifier: GPL-2.0
// Reading build/setup.json; see setup_file.h.
#include "machine/vm/setup_file.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "machine/machine.h"

namespace osext {
namespace fs = std::filesystem;

namespace {

std::string names_of(const nlohmann::json& kernels) {
  std::string names;
  for (const auto& [name, ignored] : kernels.items()) names += (names.empty() ? "" : ", ") + name;
  return names;
}

}  // namespace

VmSetup read_setup(const fs::path& file, const std::string& kernel) {
  constexpr auto remedy = "run benchmarks/all or tests/all once: they set up what is missing";
  std::ifstream in(file);
  if (!in) throw MachineError(fmt::format("there is no {}; {}", file.string(), remedy));
  try {
    auto json = nlohmann::json::parse(in);
    if (json.at("schema") != "setup/1")
      throw MachineError(fmt::format("{} is of another version; {}", file.string(), remedy));
    const auto& kernels = json.at("kernels");
    if (!kernels.contains(kernel))
      throw MachineError(
          fmt::format("kernel {} is not set up (there are: {})", kernel, names_of(kernels)));
    VmSetup setup;
    const auto& qemu = json.at("qemu");
    setup.qemu = qemu.at("binary").get<std::string>();
    setup.qemu_version = qemu.at("version");
    setup.qemu_package = qemu.value("package", "");
    fs::path data = qemu.at("data").get<std::string>();
    // Debian keeps the BIOS in a folder of its own beside QEMU's.
    setup.qemu_data = {data, data.parent_path() / "seabios"};
    const auto& k = kernels.at(kernel);
    setup.kernel = {kernel, k.at("release"), k.at("package"), k.at("vmlinux").get<std::string>()};
    for (const auto& path : {setup.qemu, setup.kernel.vmlinux})
      if (!fs::exists(path))
        throw MachineError(
            fmt::format("{} names {}, which is gone; {}", file.string(), path.string(), remedy));
    return setup;
  } catch (const nlohmann::json::exception& error) {
    throw MachineError(fmt::format("{} is damaged ({}); {}", file.string(), error.what(), remedy));
  }
}

}  // namespace osext
