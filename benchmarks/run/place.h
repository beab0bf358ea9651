// SPDX-License-Identifier: GPL-2.0
// Where the tree, its build and its results lie, found from the running program.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace osext {

struct Place {
  std::filesystem::path tree;
  std::filesystem::path build() const { return tree / "build"; }
  std::filesystem::path host() const { return build() / "host"; }
  std::filesystem::path runner() const { return host() / "benchmarks" / "osext-runner"; }
  std::filesystem::path executive() const { return host() / "executive" / "osext-executive"; }
  std::filesystem::path hijack_launcher() const {
    return host() / "executive" / "host" / "osext-hijack";
  }
  std::filesystem::path uls_tool() const { return host() / "uls" / "host" / "osext-uls"; }
  std::filesystem::path safex_tool() const {
    return host() / "kmod_safex" / "host" / "osext-safex";
  }
  std::filesystem::path safex_example() const {
    return host() / "kmod_safex" / "extensions" / "safex-count.bpf.o";
  }
  std::filesystem::path uls_example() const { return host() / "uls" / "uls-count.uls"; }
  std::filesystem::path plugin() const { return host() / "machine" / "sim" / "libosext_plugin.so"; }
  std::filesystem::path image() const { return build() / "image" / "slim.cpio"; }
  std::filesystem::path profile(const std::string& name) const;
  std::filesystem::path modules(const std::string& kernel) const {
    return build() / "modules" / kernel;
  }
};

// Throws std::runtime_error when the program does not lie in a tree's build folder.
Place find_place();

// The name under which build/setup.json knows the kernel that --kernel asks for:
// the option itself, or for a package file what the set-up made of it.
std::string kernel_name(const Place& place, const std::string& option);

// A number that changes when any of the files changes; missing files count as empty.
std::uint64_t fingerprint(const std::vector<std::filesystem::path>& files);

}  // namespace osext
