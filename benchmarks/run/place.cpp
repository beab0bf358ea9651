// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/run/place.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "benchmarks/run/run_directory.h"

namespace osext {

namespace fs = std::filesystem;

fs::path Place::profile(const std::string& name) const {
  return tree / "machine" / "sim" / "profiles" / (name + ".profile");
}

Place find_place() {
  const fs::path self = fs::canonical("/proc/self/exe");
  for (fs::path folder = self.parent_path(); folder != folder.root_path();
       folder = folder.parent_path()) {
    if (fs::exists(folder / "include" / "osext" / "marker.h")) return {folder};
  }
  throw std::runtime_error(
      "osext has to be started from a checkout's build folder; "
      "benchmarks/all does so");
}

std::string kernel_name(const Place& place, const std::string& option) {
  if (!fs::is_regular_file(option)) return option;
  const fs::path setup_file = place.build() / "setup.json";
  const auto setup = nlohmann::json::parse(read_file(setup_file));
  for (const auto& [name, kernel] : setup.at("kernels").items()) {
    if (kernel.value("file", "") == fs::canonical(option).string()) return name;
  }
  throw std::runtime_error(fmt::format(
      "the kernel {} is not set up: start benchmarks/all with --kernel {}", option, option));
}

std::uint64_t fingerprint(const std::vector<fs::path>& files) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const auto& file : files) {
    if (!fs::exists(file)) continue;
    for (const unsigned char byte : read_file(file)) hash = (hash ^ byte) * 0x100000001b3U;
  }
  return hash;
}

}  // namespace osext
