// SPDX-License-Identifier: GPL-2.0
// build/setup.json, written by the set-up scripts: which QEMU and which kernels
// this computer has.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace osext {

struct KernelSetup {
  std::string name;     // "6.12"
  std::string release;  // what uname -r says
  std::string package;  // the package's version
  std::filesystem::path vmlinux;
};

struct VmSetup {
  std::filesystem::path qemu;
  std::vector<std::filesystem::path> qemu_data;  // its firmware folders
  std::string qemu_version;
  std::string qemu_package;
  KernelSetup kernel;
};

// Throws MachineError that says which command sets things up.
VmSetup read_setup(const std::filesystem::path& file, const std::string& kernel);

}  // namespace osext
